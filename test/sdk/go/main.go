// A viewer by the official Go SDK. It prints one line for everything that happens.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/centrifugal/centrifuge-go"
)

func main() {
	config := centrifuge.Config{GetToken: func(centrifuge.ConnectionTokenEvent) (string, error) {
		answer, err := http.Get(os.Getenv("TOKEN_URL"))
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		token, err := io.ReadAll(answer.Body)
		return string(token), err
	}}
	open := centrifuge.NewJsonClient
	if os.Getenv("ENCODING") == "protobuf" {
		open = centrifuge.NewProtobufClient
	}
	client := open(os.Getenv("STREAM_URL"), config)
	client.OnConnected(func(centrifuge.ConnectedEvent) { fmt.Println("connected") })
	client.OnDisconnected(func(e centrifuge.DisconnectedEvent) { fmt.Println("disconnected", e.Code, e.Reason) })
	client.OnSubscribed(func(e centrifuge.ServerSubscribedEvent) {
		if e.WasRecovering {
			fmt.Println("recovered", e.Channel, e.Recovered)
		}
	})
	client.OnPublication(func(e centrifuge.ServerPublicationEvent) {
		var event struct {
			Event string
			Guid  string
			Seq   int
		}
		if err := json.Unmarshal(e.Data, &event); err != nil {
			fmt.Println("unreadable", err)
			return
		}
		fmt.Println("event", event.Guid, event.Seq, event.Event)
	})
	if err := client.Connect(); err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	select {}
}
