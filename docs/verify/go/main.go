// Verifies a webhook of OpenClaw Webhooks. Go 1.19 or newer, the standard library alone.
//
//	go run . SECRET TIMESTAMP SIGNATURE < body        ends with 0 if the signature is good, else with 1
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"strconv"
	"time"
)

// timestamp and signature: the headers, "" where they are absent. body: the bytes as they came.
// It imports crypto/hmac, crypto/sha256, encoding/hex, strconv and time.
func verify(secret, timestamp, signature string, body []byte) bool {
	sent, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return false
	}
	age := time.Since(time.Unix(sent, 0))
	if age > 5*time.Minute || age < -5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	expected := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(expected), []byte(signature))
}

func main() {
	body, err := io.ReadAll(os.Stdin)
	if err != nil || len(os.Args) != 4 || !verify(os.Args[1], os.Args[2], os.Args[3], body) {
		os.Exit(1)
	}
}
