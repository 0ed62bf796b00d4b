/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.Millrace;
import dev.millrace.api.ModelServer;
import dev.millrace.plugin.mqtt.broker.PahoWire;
import dev.millrace.plugin.mqtt.broker.Wire;
import dev.millrace.plugin.mqtt.message.Incoming;
import dev.millrace.plugin.mqtt.settings.SettingsFile;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real model at a real broker, by a file of settings; and an encrypted connection. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class NanoTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private Path file(String broker) throws Exception {
        return Files.writeString(folder.resolve("mqtt.json"),
                """
                        {
                          "broker": {%s, "client": "house", "status": "house/status"},
                          // what the model may read and do
                          "tools": [
                            {"name": "read_sensor", "description": "Read one sensor.", "reads": "home/{room}/{quantity}", "unit": "C"},
                            {"name": "set_device", "description": "Switch a device on or off.", "publishes": "devices/{name}/set",
                             "payload": "{state}", "approve": true}
                          ],
                          "prompts": [
                            {"topic": "house/ask", "answer": "house/answer", "calls": "house/calls", "form": "json"}
                          ],
                          "approval": {"ask": "house/approve", "answer": "house/approve/{id}", "seconds": 60}
                        }
                        """
                        .formatted(broker));
    }

    @Test
    void aModelReadsWhatWasPublishedAndSwitchesWhenAPersonSaysYes() throws Exception {
        try (Mosquitto broker = new Mosquitto(Files.createDirectories(folder.resolve("broker")));
                Client client = new Client(broker.url(), "person", "house/#", "devices/#")) {
            client.publish("home/cellar/temperature", "11.5", true);
            try (Millrace millrace = Millrace.start();
                    ModelServer.Running running = new MqttServer().start(millrace,
                            Map.of("file", file("\"url\": \"" + broker.url() + "\"").toString(), "models", "nano"))) {
                running.awaitReady();
                assertEquals("online", client.await("house/status").text());
                client.publish("house/ask", "What is the temperature in the cellar?", false);
                JsonNode called = JSON.readTree(client.await("house/calls").text());
                assertEquals("read_sensor", called.get("name").asText());
                assertEquals("{\"room\":\"cellar\",\"quantity\":\"temperature\",\"value\":11.5,\"unit\":\"C\"}",
                        called.get("result").toString());
                JsonNode answer = JSON.readTree(client.await("house/answer").text());
                assertTrue(answer.get("text").asText().contains("11.5"), answer::toString);

                client.publish("house/ask", "Turn on the kitchen lamp.", false);
                JsonNode question = JSON.readTree(client.await("house/approve").text());
                assertEquals("{\"name\":\"kitchen_lamp\",\"state\":\"on\"}", question.get("arguments").toString());
                client.publish(question.get("answer").asText(), "yes", false);
                assertEquals("on", client.await("devices/kitchen_lamp/set").text());
                client.await("house/answer");

                client.publish("house/ask", "Turn on the garage fan.", false);
                question = JSON.readTree(client.await("house/approve").text());
                client.publish(question.get("answer").asText(), "no", false);
                called = JSON.readTree(client.await("house/calls").text());
                while (!called.get("failed").asBoolean()) {
                    called = JSON.readTree(client.await("house/calls").text());
                }
                assertEquals("A person was asked and said no.", called.get("result").asText());
            }
            assertEquals("offline", client.await("house/status").text());
        }
    }

    @Test
    void anEncryptedConnection() throws Exception {
        Path store = folder.resolve("key.p12");
        Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "k", "-keyalg", "EC", "-dname", "CN=localhost", "-ext",
                "SAN=dns:localhost", "-validity", "2", "-storetype", "PKCS12", "-keystore", store.toString(),
                "-storepass", "secret").inheritIO().start();
        assertEquals(0, keytool.waitFor());
        KeyStore keys = KeyStore.getInstance(store.toFile(), "secret".toCharArray());
        Path certificate = pem("certificate.pem", "CERTIFICATE", keys.getCertificate("k").getEncoded());
        Path key = pem("key.pem", "PRIVATE KEY", keys.getKey("k", "secret".toCharArray()).getEncoded());
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        try (Mosquitto broker = new Mosquitto(Files.createDirectories(folder.resolve("broker")),
                "listener " + port + " 127.0.0.1", "certfile " + certificate, "keyfile " + key);
                Client client = new Client(broker.url(), "person", "house/status")) {
            var trusted = SettingsFile.read(file("\"url\": \"mqtts://localhost:"
                    + port + "\", \"tls\": {\"authorities\": \"certificate.pem\"}"));
            try (Bridge bridge = new Bridge(trusted, new PahoWire(trusted.broker()),
                    new Scripted(question -> ""), InstantSource.system())) {
                bridge.start();
                assertEquals("online", client.await("house/status").text());
            }
            // an address that the certificate does not name, and an authority that nobody has named
            for (String wrong : List.of("127.0.0.1:" + port + "\", \"tls\": {\"authorities\": \"certificate.pem\"}",
                    "localhost:" + port + "\"")) {
                var settings = SettingsFile.read(file("\"url\": \"mqtts://" + wrong));
                var refused = assertThrows(IOException.class,
                        () -> new PahoWire(settings.broker()).connect(
                                new Wire.Listener() {
                                    @Override
                                    public void arrived(Incoming message,
                                            Runnable acknowledge) {
                                        throw new AssertionError("Nothing can arrive.");
                                    }

                                    @Override
                                    public void lost(String reason) {
                                        // it never was
                                    }
                                }));
                assertTrue(String.valueOf(refused.getMessage()).contains("cannot be reached"), refused::toString);
            }
        }
    }

    private Path pem(String name, String kind, byte[] bytes) throws Exception {
        return Files.writeString(folder.resolve(name), "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[]{'\n'}).encodeToString(bytes) + "\n-----END " + kind + "-----\n");
    }
}
