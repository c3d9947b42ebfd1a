// A person without a screen: follows the redirects of a URL, fills in the sign-in, consent and sign-out forms it meets, and
// goes on to the end. Much faster than a browser; where scripts matter, browser.mjs is the one to use.
//
//   FOB_E2E_COOKIES   a file that keeps the cookies from one visit to the next; without it each visit is a new browser's
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const kept = process.env.FOB_E2E_COOKIES;
const jar = new Map(kept && existsSync(kept) ? JSON.parse(readFileSync(kept)).map(([host, cookies]) => [host, new Map(cookies)]) : []); // host -> name -> value
let url = new URL(process.argv[2]), form;
for (let step = 0; step < 20; step++) {
  const cookies = jar.get(url.host) ?? jar.set(url.host, new Map()).get(url.host);
  const r = await fetch(url, {
    redirect: 'manual', method: form ? 'POST' : 'GET', body: form,
    headers: { accept: 'text/html', cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') },
  }).catch(() => process.exit(0));
  for (const line of r.headers.getSetCookie()) {
    const [, name, value] = line.match(/^([^=]+)=([^;]*)/) ?? [];
    if (/expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name); else cookies.set(name, value);
  }
  if (kept) writeFileSync(kept, JSON.stringify([...jar].map(([host, cookies]) => [host, [...cookies]])));
  form = undefined;
  const location = r.headers.get('location');
  if (location) {
    url = new URL(location, url);
    continue;
  }
  const page = await r.text();
  const open = page.match(/<form[^>]*>/i)?.[0];
  if (!open || !/method="?post/i.test(open)) break;
  const text = s => s.replaceAll('&amp;', '&').replaceAll('&#43;', '+').replaceAll('&#34;', '"').replaceAll('&#x3D;', '=');
  const attribute = (tag, name) => text(tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? '');
  form = new URLSearchParams();
  const id = attribute(open, 'id');
  const fields = [...page.slice(page.indexOf(open)).split('</form>')[0].matchAll(/<(?:input|button)\b[^>]*>/gi),
    ...[...page.matchAll(/<button\b[^>]*\bform="([^"]+)"[^>]*>/gi)].filter(([, of]) => of === id)]; // those outside that belong to it
  for (const [tag] of fields) {
    const name = attribute(tag, 'name'), type = attribute(tag, 'type');
    if (!name || (type === 'submit' && (form.has(name) || /deny|abort|cancel/.test(name + attribute(tag, 'value'))))) continue;
    if (type === 'checkbox' && !/\bchecked\b/.test(tag)) continue;
    form.set(name, /login|username/.test(name) && type !== 'hidden' ? attribute(tag, 'value') || 'alice' : type === 'password' ? (process.env.FOB_E2E_PASSWORD ?? 'demo') : attribute(tag, 'value'));
  }
  url = new URL(attribute(open, 'action') || url, url);
}
