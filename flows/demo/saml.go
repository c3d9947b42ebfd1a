package demo

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"
)

// samlNamespace is that of SAML 2.0 assertions.
const samlNamespace = "urn:oasis:names:tc:SAML:2.0:assertion"

// samlAssertion is the part of a SAML 2.0 assertion that RFC 7522 3 uses. The signature must be there and is not
// verified: this server has no XML canonicalization, and says so in every response for one.
type samlAssertion struct {
	XMLName      xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:assertion Assertion"`
	ID           string   `xml:"ID,attr"`
	Version      string   `xml:"Version,attr"`
	IssueInstant string   `xml:"IssueInstant,attr"`
	Issuer       string   `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	Subject      struct {
		NameID        string `xml:"urn:oasis:names:tc:SAML:2.0:assertion NameID"`
		Confirmations []struct {
			Method string `xml:"Method,attr"`
			Data   struct {
				NotOnOrAfter string `xml:"NotOnOrAfter,attr"`
				Recipient    string `xml:"Recipient,attr"`
			} `xml:"urn:oasis:names:tc:SAML:2.0:assertion SubjectConfirmationData"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:assertion SubjectConfirmation"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion Subject"`
	Conditions struct {
		NotBefore    string `xml:"NotBefore,attr"`
		NotOnOrAfter string `xml:"NotOnOrAfter,attr"`
		Restrictions []struct {
			Audiences []string `xml:"urn:oasis:names:tc:SAML:2.0:assertion Audience"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:assertion AudienceRestriction"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:assertion Conditions"`
	Signature *struct{} `xml:"http://www.w3.org/2000/09/xmldsig# Signature"`
}

// samlNote is in every token response for an accepted assertion.
const samlNote = "the assertion's XML signature was not verified: this server only checks its shape, times, audience " +
	"and recipient"

// readSAML decodes an assertion and validates all of it but the signature (RFC 7522 3).
func readSAML(issuer string, now time.Time, encoded string) (a samlAssertion, why string) {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return a, "it is not base64url (RFC 7522 2.1)"
	}
	decoder := xml.NewDecoder(strings.NewReader(string(text)))
	decoder.Entity = nil
	if err := decoder.Decode(&a); err != nil {
		return a, "it is not a SAML 2.0 Assertion: " + err.Error()
	}
	if a.ID == "" || a.Version != "2.0" || strings.TrimSpace(a.Issuer) == "" || a.Subject.NameID == "" {
		return a, "it lacks an ID, Version 2.0, an Issuer, or a Subject with a NameID"
	}
	if why := samlTimes(now, a.Conditions.NotBefore, a.Conditions.NotOnOrAfter, "Conditions"); why != "" {
		return a, why
	}
	ours := []string{issuer, issuer + "/token"}
	fits := func(audience string) bool { return slices.Contains(ours, strings.TrimSpace(audience)) }
	audience := false
	for _, r := range a.Conditions.Restrictions {
		audience = audience || slices.ContainsFunc(r.Audiences, fits)
	}
	if !audience {
		return a, "its Audience is not one of " + strings.Join(ours, " ")
	}
	for _, c := range a.Subject.Confirmations {
		if c.Method != "urn:oasis:names:tc:SAML:2.0:cm:bearer" {
			continue
		}
		if why = samlTimes(now, "", c.Data.NotOnOrAfter, "SubjectConfirmationData"); why == "" &&
			c.Data.Recipient == issuer+"/token" {
			return a, ""
		}
	}
	if why != "" {
		return a, why
	}
	return a, "it has no bearer SubjectConfirmation whose Recipient is " + issuer + "/token"
}

// samlTimes checks a window; an empty bound means none, but the end is required (RFC 7522 3 (4)).
func samlTimes(now time.Time, notBefore, notOnOrAfter, where string) (why string) {
	end, err := time.Parse(time.RFC3339, notOnOrAfter)
	if err != nil {
		return "its " + where + " has no NotOnOrAfter that is a time"
	}
	if !now.Before(end) {
		return "its " + where + " has expired"
	}
	if notBefore == "" {
		return ""
	}
	begin, err := time.Parse(time.RFC3339, notBefore)
	switch {
	case err != nil:
		return "its " + where + " has a NotBefore that is not a time"
	case now.Before(begin):
		return "its " + where + " is not valid yet"
	}
	return ""
}

// newSAML writes an assertion about a user for the audience, unsigned, for token exchange.
func newSAML(issuer string, now time.Time, subject, audience string, expires time.Time) string {
	var escaped [3]strings.Builder
	for i, text := range []string{subject, audience, issuer} {
		_ = xml.EscapeText(&escaped[i], []byte(text)) // a Builder does not fail
	}
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	text := fmt.Sprintf(
		`<saml:Assertion xmlns:saml="%s" ID="_%s" Version="2.0" IssueInstant="%s"><saml:Issuer>%s</saml:Issuer>`+
			`<saml:Subject><saml:NameID>%s</saml:NameID><saml:SubjectConfirmation `+
			`Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">`+
			`<saml:SubjectConfirmationData NotOnOrAfter="%s" Recipient="%s/token"/>`+
			`</saml:SubjectConfirmation></saml:Subject>`+
			`<saml:Conditions NotBefore="%s" NotOnOrAfter="%s"><saml:AudienceRestriction>`+
			`<saml:Audience>%s</saml:Audience></saml:AudienceRestriction></saml:Conditions>`+
			`</saml:Assertion>`, samlNamespace, randomToken()[:22], at(now), escaped[2].String(), escaped[0].String(),
		at(expires), escaped[2].String(),
		at(now), at(expires), escaped[1].String())
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}
