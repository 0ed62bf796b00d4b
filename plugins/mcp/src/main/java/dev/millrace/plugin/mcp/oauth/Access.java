/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The way into one server: sends requests with a token, and gets another one when the server refuses it. Without settings for it and
 * without a person it only uses and renews what is kept. Safe for use from any thread.
 */
public final class Access implements AutoCloseable {

    private static final int MOST_TRIES = 3;
    private static final String OFFLINE = "offline_access";

    private final String name;
    private final URI server;
    private final SignIn settings;
    private final PassFile file;
    private final Optional<Consent> consent;
    private final Web web = new Web();
    private final SecureRandom random = new SecureRandom();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Pass pass;
    /** Who this client is at the authorization server where it was registered last. */
    private Pass registered = Pass.NONE;

    /**
     * A way in.
     *
     * @param name of the server
     * @param server its address
     * @param folder where passes are kept; empty for as long as this object lives
     * @param consent a person, if one is there to be asked
     */
    public Access(String name, URI server, SignIn settings, Optional<Path> folder, Optional<Consent> consent) {
        this.name = name;
        this.server = server;
        this.settings = settings;
        this.consent = consent;
        file = new PassFile(folder, name, server.toString());
        pass = file.read();
    }

    /**
     * Sends a request with the token that there is. If the server wants another one and it can be had, the request is sent again.
     *
     * @return the last answer; the caller closes its body
     * @throws SignInException if no token can be had
     */
    public HttpResponse<InputStream> send(HttpClient client, HttpRequest.Builder request)
            throws IOException, InterruptedException {
        boolean configured = request.copy().build().headers().firstValue("Authorization").isPresent();
        for (int tries = 1;; tries++) {
            String used = configured ? "" : pass.access();
            if (!used.isEmpty()) {
                request.setHeader("Authorization", "Bearer " + used);
            }
            HttpResponse<InputStream> response = client.send(request.build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            Challenge challenge = Challenge.read(response.statusCode(),
                    response.headers().allValues("WWW-Authenticate"));
            if (configured || !challenge.curable() || tries == MOST_TRIES) {
                return response;
            }
            response.body().close();
            renew(challenge, used);
        }
    }

    /**
     * Gets another token.
     *
     * @param used the one that was refused; empty if there was none
     */
    private void renew(Challenge challenge, String used) throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            if (!pass.access().equals(used)) {
                return; // another request has got one meanwhile
            }
            Pass kept = file.read();
            if (!kept.access().isEmpty() && !kept.access().equals(used)) {
                pass = kept; // another program has got one, or a person has signed in
                return;
            }
            if (settings.grant() == SignIn.Grant.PERSON && consent.isEmpty() && pass.refresh().isEmpty()) {
                throw nobody(challenge);
            }
            Discovery.Found found = new Discovery(web, server).find(challenge, settings.issuer());
            if (settings.hasSecret() && settings.issuer().isEmpty()
                    && !server.getHost().equals(URI.create(found.issuer().issuer()).getHost())) {
                throw new SignInException("The server " + name + " names an authorization server at another host, "
                        + "which gets no secret: put its address into issuer under auth, if it is the right one.");
            }
            Pass next = next(challenge, found);
            file.write(next);
            pass = next;
        } finally {
            lock.unlock();
        }
    }

    private Pass next(Challenge challenge, Discovery.Found found) throws IOException, InterruptedException {
        Issuer issuer = found.issuer();
        boolean known = pass.issuer().equals(issuer.issuer());
        String scope = scope(challenge, found, known ? pass.scope() : "");
        boolean more = challenge.status() == 403;
        if (more && known && scopes(pass.scope()).containsAll(scopes(scope))) {
            throw new SignInException(
                    "The server " + name + " refuses the scopes that it asked for itself: " + scope + ".");
        }
        return switch (settings.grant()) {
            case CLIENT -> byItself(found, scope);
            case ASSERTION -> byAssertion(found, scope);
            case PERSON -> {
                Optional<Pass> renewed = known && !more && !pass.refresh().isEmpty()
                        ? byRefresh(found)
                        : Optional.empty();
                yield renewed.isPresent() ? renewed.get() : byPerson(challenge, found, scope);
            }
        };
    }

    /** What to ask for: what the server says it needs, or all that it knows, besides what was asked for before. */
    private String scope(Challenge challenge, Discovery.Found found, String before) {
        Set<String> scopes = scopes(before);
        if (!challenge.scope().isEmpty()) {
            scopes.addAll(scopes(challenge.scope()));
        } else if (!settings.scope().isEmpty()) {
            scopes.addAll(scopes(settings.scope()));
        } else if (scopes.isEmpty()) {
            scopes.addAll(found.scopes());
        }
        if (settings.grant() == SignIn.Grant.PERSON && found.issuer().scopes().contains(OFFLINE)) {
            scopes.add(OFFLINE);
        }
        return String.join(" ", scopes);
    }

    private static Set<String> scopes(String scope) {
        Set<String> scopes = new LinkedHashSet<>(List.of(scope.split("\\s+", -1)));
        scopes.remove("");
        return scopes;
    }

    private Pass byItself(Discovery.Found found, String scope) throws IOException, InterruptedException {
        if (settings.clientId().isEmpty()) {
            throw new SignInException("The settings of " + name + " need clientId under auth.");
        }
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("grant_type", "client_credentials");
        return tokens(found, fields, scope, configured(found.issuer()));
    }

    private Pass byAssertion(Discovery.Found found, String scope) throws IOException, InterruptedException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        try {
            fields.put("assertion", Files.readString(Path.of(settings.assertionFile())).strip());
        } catch (IOException | IllegalArgumentException e) {
            throw new SignInException("The assertion for " + name + " cannot be read from " + settings.assertionFile()
                    + ".", e);
        }
        return tokens(found, fields, scope, configured(found.issuer()));
    }

    private Optional<Pass> byRefresh(Discovery.Found found) throws IOException, InterruptedException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("grant_type", "refresh_token");
        fields.put("refresh_token", pass.refresh());
        try {
            return Optional.of(tokens(found, fields, pass.scope(), pass));
        } catch (SignInException e) {
            return Optional.empty(); // it has ended, so a person is needed
        }
    }

    private SignInException nobody(Challenge challenge) {
        return new SignInException("The server " + name + " refuses (" + challenge.status()
                + "): put a token that it knows into headers, as Authorization: Bearer, or sign in by millrace mcp login.");
    }

    private Pass byPerson(Challenge challenge, Discovery.Found found, String scope)
            throws IOException, InterruptedException {
        Consent person = consent.orElseThrow(() -> nobody(challenge));
        Issuer issuer = found.issuer();
        URI page = Web.checked(issuer.authorization());
        Pass client = client(issuer, person);
        String verifier = secret();
        String state = secret();
        Map<String, String> query = new LinkedHashMap<>();
        query.put("response_type", "code");
        query.put("client_id", client.clientId());
        query.put("redirect_uri", person.redirect().toString());
        query.put("state", state);
        query.put("code_challenge", challenge(verifier));
        query.put("code_challenge_method", "S256");
        query.put("resource", found.resource());
        if (!scope.isEmpty()) {
            query.put("scope", scope);
        }
        Map<String, String> answer = person.ask(URI.create(page + (page.getRawQuery() == null ? "?" : "&")
                + Web.encoded(query)), state);
        String from = answer.get("iss");
        // a code of another authorization server must not be taken to this one
        if (from == null ? issuer.namesItself() : !from.equals(issuer.issuer())) {
            throw new SignInException("The answer to the browser does not come from the right authorization server.");
        }
        String code = answer.get("code");
        if (code == null) {
            throw new SignInException("Signing in at " + name + " was refused.");
        }
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("grant_type", "authorization_code");
        fields.put("code", code);
        fields.put("redirect_uri", person.redirect().toString());
        fields.put("code_verifier", verifier);
        return tokens(found, fields, scope, client);
    }

    /** This client as its settings name it. */
    private Pass configured(Issuer issuer) {
        String method = "none";
        if (!settings.privateKeyFile().isEmpty()) {
            method = "private_key_jwt";
        } else if (!settings.clientSecret().isEmpty()) {
            method = issuer.methods().contains("client_secret_post")
                    && !issuer.methods().contains("client_secret_basic") ? "client_secret_post" : "client_secret_basic";
        }
        return new Pass(issuer.issuer(), "", "", "", settings.clientId(), settings.clientSecret(), method);
    }

    /** This client at an authorization server: as a person registered it, by its document, or as it registers itself. */
    private Pass client(Issuer issuer, Consent person) throws IOException, InterruptedException {
        if (!settings.clientId().isEmpty()) {
            return configured(issuer);
        }
        if (issuer.readsDocuments() && !settings.clientMetadataUrl().isEmpty()) {
            return new Pass(issuer.issuer(), "", "", "", settings.clientMetadataUrl(), "", "none");
        }
        if (registered.issuer().equals(issuer.issuer())) {
            return registered;
        }
        if (issuer.registration().isEmpty()) {
            throw new SignInException("The authorization server of " + name
                    + " does not let clients register themselves: register one there, and put clientId under auth.");
        }
        String wanted = issuer.methods().isEmpty() || issuer.methods().contains("none")
                ? "none"
                : issuer.methods().contains("client_secret_basic") ? "client_secret_basic" : "client_secret_post";
        ObjectNode body = Json.object().put("client_name", "Millrace").put("application_type", "native")
                .put("token_endpoint_auth_method", wanted);
        body.putArray("redirect_uris").add(person.redirect().toString());
        body.putArray("grant_types").add("authorization_code").add("refresh_token");
        body.putArray("response_types").add("code");
        Web.Answer answer = web.post(Web.checked(issuer.registration()), body);
        String id = Json.text(answer.body(), "client_id").orElseThrow(() -> new SignInException(
                "The authorization server of " + name + " refuses to register a client (" + answer.error() + ")."));
        registered = new Pass(issuer.issuer(), "", "", "", id, Json.text(answer.body(), "client_secret").orElse(""),
                Json.text(answer.body(), "token_endpoint_auth_method").orElse(wanted));
        return registered;
    }

    private Pass tokens(Discovery.Found found, Map<String, String> fields, String scope, Pass client)
            throws IOException, InterruptedException {
        Map<String, String> headers = new LinkedHashMap<>();
        fields.put("resource", found.resource());
        if (!scope.isEmpty()) {
            fields.put("scope", scope);
        }
        switch (client.method()) {
            case "client_secret_basic" -> headers.put("Authorization",
                    "Basic " + Base64.getEncoder().encodeToString((Web.encoded(client.clientId()) + ":"
                            + Web.encoded(client.clientSecret())).getBytes(StandardCharsets.UTF_8)));
            case "client_secret_post" -> {
                fields.put("client_id", client.clientId());
                fields.put("client_secret", client.clientSecret());
            }
            case "private_key_jwt" -> {
                fields.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
                fields.put("client_assertion", Assertions.signed(settings.privateKeyFile(), client.clientId(),
                        found.issuer().issuer()));
            }
            default -> {
                if (!client.clientId().isEmpty()) {
                    fields.put("client_id", client.clientId());
                }
            }
        }
        Web.Answer answer = web.form(Web.checked(found.issuer().token()), fields, headers);
        String access = Json.text(answer.body(), "access_token").filter(token -> token.matches("[\\x21-\\x7e]+"))
                .orElseThrow(() -> new SignInException("The authorization server of " + name + " gives no token ("
                        + answer.error() + ")."));
        return new Pass(found.issuer().issuer(), access,
                Json.text(answer.body(), "refresh_token").orElse(fields.getOrDefault("refresh_token", "")), scope,
                client.clientId(), client.clientSecret(), client.method());
    }

    private String secret() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String challenge(String verifier) {
        try {
            return Base64.getUrlEncoder().withoutPadding().encodeToString(
                    MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }

    @Override
    public void close() {
        web.close();
    }
}
