package wire

import "crypto/x509"

// Certificate is the client certificate that the Client's connections offer; nil when there is none.
func (c *Client) Certificate() *x509.Certificate { return c.certificate }
