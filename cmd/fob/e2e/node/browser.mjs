// A person at a browser: opens the URL in Chromium, signs in, consents, and goes on until a page has nothing left to
// submit. Used as $BROWSER. Writes what the last page said to $FOB_E2E_PAGE, and its picture to $FOB_E2E_SHOT.
import { chromium } from 'playwright-core';
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const url = process.argv[2];
const profile = mkdtempSync(join(tmpdir(), 'fob-browser-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.FOB_E2E_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'],
});
const say = (title, text) => {
  const out = process.env.FOB_E2E_PAGE;
  if (!out) return;
  writeFileSync(`${out}.tmp`, JSON.stringify({ url: page.url(), title, text }));
  renameSync(`${out}.tmp`, out);
};
const page = context.pages()[0] ?? await context.newPage();
const scripts = [];
page.on('console', m => { if (m.text().includes('Content Security Policy')) scripts.push(m.text()); });
try {
  await page.goto(url, { waitUntil: 'load', timeout: 30000 });
  for (let step = 0; step < 10; step++) {
    await page.waitForLoadState('load');
    // Answers that submit themselves (form_post, fragment) leave by themselves: a page is done when it has no form.
    const button = page.locator('button[type=submit]:not([value=deny]):not([value=abort]), input[type=submit]').first();
    if (await button.count() === 0) {
      const here = page.url();
      const left = await page.waitForURL(u => u.href !== here, { timeout: 1500 }).then(() => true, () => false);
      if (left) continue;
      break;
    }
    for (const [selector, value] of [
      ['input[name=login]', 'alice'], ['input[name=username]', 'alice'], ['input[type=password]', process.env.FOB_E2E_PASSWORD ?? 'demo'],
      ['input[name=user_code]', process.env.FOB_E2E_USER_CODE ?? ''],
    ]) {
      const field = page.locator(`${selector}:visible`).first();
      if (value && await field.count() > 0 && (await field.inputValue()) === '') await field.fill(value);
    }
    await Promise.all([page.waitForLoadState('load'), button.click()]).catch(() => {});
    await page.waitForTimeout(50);
  }
  if (process.env.FOB_E2E_SHOT) await page.screenshot({ path: process.env.FOB_E2E_SHOT });
  say(await page.title(), await page.locator('body').innerText() + (scripts.length ? '\nconsole: ' + scripts.join('\n') : ''));
} catch (e) {
  say('failed', String(e));
  process.exitCode = 1;
} finally {
  await context.close();
}
