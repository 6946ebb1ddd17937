package submit

import (
	"testing"
	"testing/synctest"
	"time"
)

// Only the time in which it runs counts.
func TestStopwatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w stopwatch
		w.start() // never set
		w.stop()
		expired := time.Time{}
		w.set(10*time.Second, func() { expired = time.Now() })
		begun := time.Now()
		for range 3 {
			w.start()
			w.start()
			time.Sleep(3 * time.Second)
			w.stop()
			w.stop()
			time.Sleep(time.Minute)
		}
		if !expired.IsZero() {
			t.Fatalf("expired after %s", expired.Sub(begun))
		}
		w.start()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got, want := expired.Sub(begun), 3*time.Minute+10*time.Second; got != want {
			t.Errorf("expired after %s, want %s", got, want)
		}
	})
}
