package portal

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	maxPerViewer = 10
	// maxPerBrowser leaves a browser, which has six connections to a server by HTTP/1.1, two for everything else.
	maxPerBrowser = 4
	maxStreams    = 2000
	// opensPerMinute is how many streams a viewer may open in a minute: a person who goes from tab to tab opens far fewer.
	opensPerMinute = 60
	// retryAfter and retrySpread say when a browser comes back, in milliseconds: the browsers of a bank do not all come at once after a
	// restart. When many are there, they are spread wider, so that about comingBack come in a second.
	retryAfter  = 1000
	retrySpread = 3500
	comingBack  = 45
	// retryTaken is for a tab whose place a newer one took: it asks for what is new every few seconds without a stream.
	retryTaken = 60_000
)

// streams are the open streams: those of each viewer, a person or a display, the oldest first, and all of them.
type streams struct {
	clock func() time.Time
	// watching, when there is one, is told how many there are.
	watching func(open int)

	mu       sync.Mutex
	byViewer map[string][]*seat
	total    int
	// turns counts all that were ever opened.
	turns int
	// opened is how many streams each viewer has opened since the minute began.
	opened map[string]int
	minute time.Time
}

// seat is the place of one stream.
type seat struct {
	viewer string
	// browser is what the browser is known by.
	browser string
	// wanted is closed when a newer stream of the viewer takes the place.
	wanted chan struct{}
	// turn is where in the spread the browser comes back, from 0 to 1: multiples of the golden ratio lie evenly, however many they are.
	turn float64
}

func newStreams(clock func() time.Time, watching func(open int)) *streams {
	return &streams{clock: clock, watching: watching, byViewer: map[string][]*seat{}, opened: map[string]int{}}
}

// open gives a viewer a place. The oldest stream of a browser or a person gives way when there are too many; fiber.ErrTooManyRequests is for
// a flood, and fiber.ErrServiceUnavailable for when all places are taken.
func (s *streams) open(viewer, browser string) (*seat, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.clock(); now.Sub(s.minute) >= time.Minute {
		clear(s.opened)
		s.minute = now
	}
	if s.opened[viewer] >= opensPerMinute {
		return nil, fiber.ErrTooManyRequests
	}
	if s.total >= maxStreams {
		return nil, fiber.ErrServiceUnavailable
	}
	s.opened[viewer]++
	s.makeRoom(viewer, browser)
	s.turns++
	added := &seat{viewer: viewer, browser: browser, wanted: make(chan struct{}), turn: math.Mod(float64(s.turns)*math.Phi, 1)}
	s.byViewer[viewer] = append(s.byViewer[viewer], added)
	s.count(1)
	return added, nil
}

// makeRoom lets the oldest stream of a browser or a viewer that has too many give way to one more.
func (s *streams) makeRoom(viewer, browser string) {
	mine, same, oldest := s.byViewer[viewer], 0, -1
	for i, one := range mine {
		if one.browser != browser {
			continue
		}
		if same++; oldest < 0 {
			oldest = i
		}
	}
	switch {
	case same >= maxPerBrowser:
	case len(mine) >= maxPerViewer:
		oldest = 0
	default:
		return
	}
	close(mine[oldest].wanted)
	s.byViewer[viewer] = slices.Delete(mine, oldest, oldest+1)
}

// count adds to how many there are.
func (s *streams) count(n int) {
	s.total += n
	if s.watching != nil {
		s.watching(s.total)
	}
}

// close frees a place.
func (s *streams) close(given *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.DeleteFunc(s.byViewer[given.viewer], func(one *seat) bool { return one == given })
	if s.byViewer[given.viewer] = left; len(left) == 0 {
		delete(s.byViewer, given.viewer)
	}
	s.count(-1)
}

// retry is when the browser of a stream comes back once it has lost it, in milliseconds.
func (s *streams) retry(of *seat) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	spread := max(retrySpread, s.total*1000/comingBack) // milliseconds of a second
	return retryAfter + int(of.turn*float64(spread))
}
