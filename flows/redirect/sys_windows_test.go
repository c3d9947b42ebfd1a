package redirect

import (
	"net"
	"testing"

	"golang.org/x/sys/windows"
)

func TestNoOtherProgramCanBindThePortAsWell(t *testing.T) {
	sockets, _, err := openBoth(0)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(sockets)
	for _, s := range sockets {
		conn, err := s.(*net.TCPListener).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		err = conn.Control(func(fd uintptr) {
			on, err := windows.GetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, soExclusiveAddrUse)
			if err != nil || on == 0 {
				t.Errorf("SO_EXCLUSIVEADDRUSE of %s: got %d, %v, want it set", s.Addr(), on, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
