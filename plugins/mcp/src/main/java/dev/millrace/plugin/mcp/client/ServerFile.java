/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.MillraceException;
import dev.millrace.plugin.mcp.oauth.SignIn;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the JSON files in which other programs keep their servers, under {@code mcpServers} or {@code servers}. What is not known
 * here is another program's, and passed over.
 */
final class ServerFile {

    private static final long LARGEST = 1 << 20;
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?}");
    private static final int PATIENCE_SECONDS = 60;

    private final String where;
    private final Map<String, String> variables;

    private ServerFile(String where, Map<String, String> variables) {
        this.where = where;
        this.variables = variables;
    }

    /**
     * Reads a file.
     *
     * @param variables what {@code ${NAME}} stands for
     * @throws MillraceException if it cannot be read, or says something that cannot be meant
     */
    static List<ServerSpec> read(Path file, Map<String, String> variables) {
        try {
            if (Files.size(file) > LARGEST) {
                throw new MillraceException(file + " is larger than a list of servers can be.");
            }
            return parse(file.toString(), dev.millrace.json.Json.text(Files.readAllBytes(file)), variables);
        } catch (NoSuchFileException e) {
            throw new MillraceException("There is no file " + file + ".", e);
        } catch (IOException e) {
            throw new MillraceException(file + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /** Reads text. */
    static List<ServerSpec> parse(String where, String text, Map<String, String> variables) {
        JsonNode content;
        try {
            content = Json.parse(text);
        } catch (RpcException e) {
            throw new MillraceException(where + ": " + e.sentence(), e);
        }
        JsonNode servers = content.path("mcpServers").isObject() ? content.path("mcpServers") : content.path("servers");
        if (!servers.isObject()) {
            throw new MillraceException(where + " must have an object mcpServers, with a server under each name.");
        }
        List<ServerSpec> specs = new ArrayList<>();
        ServerFile reader = new ServerFile(where, variables);
        for (Map.Entry<String, JsonNode> server : servers.properties()) {
            if (server.getValue() instanceof ObjectNode object) {
                if (!object.path("disabled").asBoolean() && object.path("enabled").asBoolean(true)) {
                    specs.add(reader.server(server.getKey(), object));
                }
            } else {
                throw new MillraceException(where + ": the server " + server.getKey() + " must be an object.");
            }
        }
        return specs;
    }

    private ServerSpec server(String name, ObjectNode server) {
        List<String> command = new ArrayList<>();
        Json.text(server, "command").ifPresent(program -> command.add(resolved(name, program)));
        for (JsonNode argument : server.path("args")) {
            command.add(resolved(name, argument.asText()));
        }
        String url = resolved(name, Json.text(server, "url").or(() -> Json.text(server, "serverUrl")).orElse(""));
        boolean started = server.has("command");
        if (started != url.isEmpty() || (!started && !command.isEmpty())) {
            throw new MillraceException(where + ": the server " + name + " must have either a command or a url.");
        }
        if (!url.isEmpty() && !url.matches("https?://[^\\s]+")) {
            throw new MillraceException(where + ": the url of the server " + name + " must begin with http.");
        }
        if (server.path("type").asText().equals("sse")) {
            throw new MillraceException(where + ": the server " + name
                    + " speaks the transport of 2024 (sse), which is not spoken here: use its streamable HTTP address.");
        }
        int patience = server.path("timeoutSeconds").asInt(PATIENCE_SECONDS);
        if (patience < 1 || patience > 86_400) {
            throw new MillraceException(where + ": timeoutSeconds of the server " + name + " must be 1 to 86400.");
        }
        return new ServerSpec(name, command, texts(name, server, "env"),
                resolved(name, Json.text(server, "cwd").orElse("")), url, texts(name, server, "headers"),
                Duration.ofSeconds(patience), questions(name, server), signIn(name, server));
    }

    private SignIn signIn(String name, ObjectNode server) {
        if (!(server.get("auth") instanceof ObjectNode auth)) {
            return SignIn.PERSON;
        }
        SignIn.Grant grant = SignIn.Grant.of(auth.path("grant").asText("person"))
                .orElseThrow(() -> new MillraceException(
                        where + ": grant under auth of the server " + name
                                + " must be person, client_credentials or jwt-bearer."));
        SignIn signIn = new SignIn(grant, text(name, auth, "clientId"), text(name, auth, "clientSecret"),
                text(name, auth, "privateKeyFile"), text(name, auth, "assertionFile"),
                text(name, auth, "clientMetadataUrl"), text(name, auth, "issuer"), text(name, auth, "scope"));
        if (grant == SignIn.Grant.CLIENT && (signIn.clientId().isEmpty()
                || signIn.clientSecret().isEmpty() == signIn.privateKeyFile().isEmpty())) {
            throw new MillraceException(where + ": auth of the server " + name
                    + " must have a clientId, and either a clientSecret or a privateKeyFile.");
        }
        if (grant == SignIn.Grant.ASSERTION && signIn.assertionFile().isEmpty()) {
            throw new MillraceException(where + ": auth of the server " + name + " must have an assertionFile.");
        }
        return signIn;
    }

    private String text(String name, ObjectNode object, String field) {
        return resolved(name, Json.text(object, field).orElse(""));
    }

    private Questions questions(String name, ObjectNode server) {
        return switch (server.path("questions").asText("refuse")) {
            case "refuse" -> Questions.REFUSE;
            case "defaults" -> Questions.DEFAULTS;
            default -> throw new MillraceException(
                    where + ": questions of the server " + name + " must be refuse or defaults.");
        };
    }

    private Map<String, String> texts(String name, ObjectNode server, String field) {
        Map<String, String> texts = new LinkedHashMap<>();
        Json.object(server, field).properties()
                .forEach(each -> texts.put(each.getKey(), resolved(name, each.getValue().asText())));
        return texts;
    }

    /** With variables in place of their names. */
    private String resolved(String name, String text) {
        Matcher matcher = VARIABLE.matcher(text);
        StringBuilder resolved = new StringBuilder();
        while (matcher.find()) {
            String value = variables.get(matcher.group(1));
            String otherwise = matcher.group(2);
            if (value == null && otherwise == null) {
                throw new MillraceException(where + ": the server " + name + " needs the variable " + matcher.group(1)
                        + ", which is not set.");
            }
            matcher.appendReplacement(resolved,
                    Matcher.quoteReplacement(value == null ? String.valueOf(otherwise) : value));
        }
        return matcher.appendTail(resolved).toString();
    }
}
