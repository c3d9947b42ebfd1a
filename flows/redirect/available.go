package redirect

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// Available says which program Open would start first on this machine, without starting it. The error is Open's:
// ErrNoBrowser where there is none.
func Available() (program string, err error) {
	o := opener{goos: runtime.GOOS, getenv: os.Getenv, look: exec.LookPath, readFile: os.ReadFile, hostname: os.Hostname}
	return o.available()
}

func (o opener) available() (string, error) {
	commands, err := o.commands("http://127.0.0.1/")
	if err != nil {
		return "", err
	}
	for _, argv := range commands {
		if path, err := o.look(argv[0]); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: none of the programs that open one is installed", ErrNoBrowser)
}
