package progress

import (
	"testing"
	"time"
)

func second(seconds int) time.Time { return time.Unix(int64(seconds), 0) }

func TestCovered(t *testing.T) {
	for _, tt := range []struct {
		spans []span
		want  time.Duration
	}{
		{nil, 0},
		{[]span{{second(1), second(3)}}, 2},
		{[]span{{second(5), second(6)}, {second(1), second(3)}}, 3},
		{[]span{{second(1), second(4)}, {second(2), second(3)}, {second(3), second(6)}}, 5},
		{[]span{{second(1), second(4)}, {second(1), second(4)}}, 3},
		{[]span{{second(4), second(1)}}, 0}, // a clock that was set back
	} {
		if got := covered(tt.spans); got != tt.want*time.Second {
			t.Errorf("%v: %s, want %ds", tt.spans, got, tt.want)
		}
	}
}
