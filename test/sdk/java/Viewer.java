// A viewer by the official Java SDK, which speaks Protobuf alone. It prints one line for everything
// that happens.

import io.github.centrifugal.centrifuge.*;
import java.net.URI;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.util.regex.*;

class Viewer extends EventListener {
  static final Pattern EVENT = Pattern.compile("\"event\":\"([^\"]+)\",\"guid\":\"([^\"]+)\"");
  static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");

  public static void main(String[] arguments) throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    Options options = new Options();
    options.setTokenGetter(
        new ConnectionTokenGetter() {
          @Override
          public void getConnectionToken(ConnectionTokenEvent event, TokenCallback callback) {
            try {
              URI address = URI.create(System.getenv("TOKEN_URL"));
              HttpRequest request = HttpRequest.newBuilder(address).build();
              callback.Done(null, http.send(request, HttpResponse.BodyHandlers.ofString()).body());
            } catch (Exception error) {
              callback.Done(error, "");
            }
          }
        });
    new Client(System.getenv("STREAM_URL"), options, new Viewer()).connect();
    Thread.currentThread().join();
  }

  @Override
  public void onConnected(Client client, ConnectedEvent event) {
    System.out.println("connected");
  }

  @Override
  public void onDisconnected(Client client, DisconnectedEvent event) {
    System.out.println("disconnected " + event.getCode() + " " + event.getReason());
  }

  @Override
  public void onSubscribed(Client client, ServerSubscribedEvent event) {
    if (event.wasRecovering())
      System.out.println("recovered " + event.getChannel() + " " + event.getRecovered());
  }

  @Override
  public void onPublication(Client client, ServerPublicationEvent event) {
    String data = new String(event.getData(), StandardCharsets.UTF_8);
    Matcher named = EVENT.matcher(data);
    Matcher numbered = SEQ.matcher(data);
    if (named.find() && numbered.find())
      System.out.println("event " + named.group(2) + " " + numbered.group(1) + " " + named.group(1));
    else System.out.println("unreadable " + data);
  }
}
