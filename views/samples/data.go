package samples

// What the samples are filled with.
const (
	bank    = "Example Bank"
	clerk   = "Carla Clerk"
	offer   = "grifh60ziY6RvfHsx4zi0g"
	request = "Ju0vJkzGSDfXW2nP"
)
