package session

import "context"

// OpenBrowser opens a page for a person once more: the sign-in page of a run that waits for them. It is the browser
// that runs open, and its error says why none was started.
func (s *Service) OpenBrowser(ctx context.Context, url string) error { return s.o.Browser(ctx, url) }
