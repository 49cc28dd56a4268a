package samples

// What the samples are filled with.
const (
	bank    = "Example Bank"
	clerk   = "Carla Clerk"
	offer   = "grifh60ziY6RvfHsx4zi0g"
	request = "Ju0vJkzGSDfXW2nP"
)

const (
	offerURI   = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Foidc4vci%2Foffers%2F" + offer
	modules    = 53 // of the QR code with it
	landingURL = "https://issuer.example/o/" + offer

	counterQR, displayQR, handoutQR, appQR = "/offers/" + offer + "/qr.svg", "/display/" + offer + "/qr.svg", "/offers/" + offer + "/handout.svg", "/account/app/qr.svg"
)

// QRCodes gives what the QR codes of the samples say, by the path at which their page asks for them.
func QRCodes() map[string]string {
	return map[string]string{counterQR: offerURI, displayQR: offerURI, handoutQR: landingURL, appQR: "otpauth://totp/Example%20Bank:carla.clerk?secret=JBSWY3DPEHPK3PXP&issuer=Example%20Bank"}
}
