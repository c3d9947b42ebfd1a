package redirect

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// Available returns the program that Open would try first on this machine, without starting it. The error is Open's:
// ErrNoBrowser if there is no browser.
func Available() (program string, err error) {
	o := opener{goos: runtime.GOOS, getenv: os.Getenv, lookPath: exec.LookPath, readFile: os.ReadFile,
		hostname: os.Hostname}
	return o.available()
}

func (o opener) available() (string, error) {
	commands, err := o.commands("http://127.0.0.1/")
	if err != nil {
		return "", err
	}
	for _, argv := range commands {
		if path, err := o.lookPath(argv[0]); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: no program that opens a browser is installed", ErrNoBrowser)
}
