/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.openai.anthropic.Messages;
import dev.millrace.plugin.openai.chat.ChatCompletions;
import dev.millrace.plugin.openai.chat.ChatJson;
import dev.millrace.plugin.openai.completion.Completions;
import dev.millrace.plugin.openai.info.Health;
import dev.millrace.plugin.openai.info.ModelList;
import dev.millrace.plugin.openai.info.Tokens;
import dev.millrace.plugin.openai.info.Vectors;
import dev.millrace.plugin.openai.ollama.Ollama;
import dev.millrace.plugin.openai.responses.Responses;
import dev.millrace.plugin.openai.talk.EndThinking;
import dev.millrace.plugin.openai.talk.Endpoint;
import dev.millrace.plugin.openai.talk.Ids;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Request;
import dev.millrace.plugin.openai.talk.Talk;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** Which path is answered by what. */
final class Routes {

    private static final String ONE_MODEL = "/v1/models/";
    private static final String ANY_MODEL = ONE_MODEL + "*";
    private static final String ROOT = "/";
    private static final int LONGEST_MEANT = 100;
    /** Where no extension has a page: clients ask here whether anybody listens. */
    private static final Route ALIVE = new Route(ROOT, (problem, request) -> ChatJson.error(problem),
            Map.of("GET", new Action(request -> request.exchange().answer(200, "text/plain; charset=utf-8",
                    "Millrace is running. It speaks the APIs of OpenAI, Anthropic and Ollama.\n"
                            .getBytes(StandardCharsets.UTF_8)),
                    false)));

    private final Map<String, Route> routes = new HashMap<>();
    private final Extensions extensions;
    private final Action endThinking;
    private final Messages messages;

    /** What is done with a method of a path. */
    record Action(Endpoint endpoint, boolean needsToken) {
    }

    /**
     * A path.
     *
     * @param name the path, for the log
     * @param errors how its clients read errors
     * @param actions by method
     * @param meant where there are no actions: the path that may be meant
     */
    record Route(String name, BiFunction<ApiError, Request, ObjectNode> errors, Map<String, Action> actions,
            Optional<String> meant) {

        Route(String name, BiFunction<ApiError, Request, ObjectNode> errors, Map<String, Action> actions) {
            this(name, errors, actions, Optional.empty());
        }

        /** What is done with a method. HEAD is a GET whose body is not sent. */
        Action action(Exchange exchange) {
            if (actions.isEmpty()) {
                throw new ApiError(404, "There is nothing at this path"
                        + meant.map(path -> "; " + path + " is one").orElse("") + ".", null, "not_found");
            }
            Action action = actions.get(exchange.method().equals("HEAD") ? "GET" : exchange.method());
            if (action == null) {
                exchange.header("Allow", String.join(", ", actions.keySet()));
                throw new ApiError(405, "The path takes " + String.join(" and ", actions.keySet()) + " only.", null,
                        "method_not_allowed");
            }
            return action;
        }
    }

    Routes(Models models, Talk talk, Ids ids, Supplier<String> metrics, Extensions extensions) {
        this.extensions = extensions;
        messages = new Messages(models, talk, ids);
        ChatCompletions chat = new ChatCompletions(models, talk, ids);
        post("/v1/chat/completions", chat);
        post("/v1/chat/completions/input_tokens", chat::count);
        EndThinking end = new EndThinking(talk);
        post("/v1/chat/completions/control", end::control);
        endThinking = new Action(end, true);
        post("/v1/responses", new Responses(models, talk, ids));
        post("/v1/messages", messages);
        post("/v1/messages/count_tokens", messages::count);
        post("/v1/completions", new Completions(models, talk, ids));
        post("/v1/embeddings", new Vectors(models)::embed);
        ModelList list = new ModelList(models);
        get("/v1/models", list::all, true);
        get(ANY_MODEL, list::one, true);
        Tokens tokens = new Tokens(models);
        post("/tokenize", tokens::tokenize);
        post("/detokenize", tokens::detokenize);
        Health health = new Health(models, metrics);
        get("/health", health::health, false);
        get("/metrics", health::metrics, true);
        Ollama ollama = new Ollama(models, talk, ids);
        post("/api/chat", ollama::chat);
        post("/api/generate", ollama::generate);
        post("/api/show", ollama::show);
        post("/api/embed", ollama::embed);
        post("/api/embeddings", ollama::embeddings);
        get("/api/tags", ollama::tags, true);
        get("/api/ps", ollama::running, true);
        get("/api/version", ollama::version, true);
    }

    private void post(String path, Endpoint endpoint) {
        routes.put(path, new Route(path, errors(path), Map.of("POST", new Action(endpoint, true))));
    }

    private void get(String path, Endpoint endpoint, boolean needsToken) {
        routes.put(path, new Route(path, errors(path), Map.of("GET", new Action(endpoint, needsToken))));
    }

    private BiFunction<ApiError, Request, ObjectNode> errors(String path) {
        if (path.startsWith("/v1/messages")) {
            return messages::error;
        }
        return path.startsWith("/api/")
                ? (problem, request) -> Ollama.error(problem)
                : (problem, request) -> ChatJson.error(problem);
    }

    /**
     * The route of a path; one without actions if there is none. A slash at its end makes no other path of it.
     */
    Route find(String path) {
        Route route = known(path);
        if (route.actions().isEmpty() && path.length() > 1 && path.endsWith("/")) {
            route = known(path.substring(0, path.length() - 1));
        }
        return route.actions().isEmpty() && path.equals(ROOT) ? ALIVE : route;
    }

    private Route known(String path) {
        Route route = routes.get(path);
        if (route != null) {
            return route;
        }
        Optional<String> answers = EndThinking.answers(path);
        if (answers.isPresent()) {
            return new Route(answers.get() + "*/end_thinking", errors(path), Map.of("POST", endThinking));
        }
        if (path.startsWith(ONE_MODEL) && path.length() > ONE_MODEL.length()) {
            return routes.getOrDefault(ANY_MODEL, nothing(path));
        }
        return extension(path);
    }

    private Route extension(String path) {
        Map<String, Action> actions = new HashMap<>();
        extensions.find(path).forEach((method, route) -> actions.put(method,
                new Action(request -> route.action().handle(request.exchange(), request.caller()),
                        route.needsToken())));
        return actions.isEmpty() ? nothing(path) : new Route(path, errors(path), actions);
    }

    private Route nothing(String path) {
        return new Route("other", errors(path), Map.of(), meant(path));
    }

    /**
     * What whoever asks for a path that is not there may have meant: an address with a part too much, such as {@code /v1/v1/models},
     * with a part too little, or with another beginning.
     */
    private Optional<String> meant(String path) {
        String asked = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (asked.length() < 2 || asked.length() > LONGEST_MEANT) {
            return Optional.empty();
        }
        return routes.keySet().stream().filter(known -> !known.equals(ANY_MODEL))
                .filter(known -> known.endsWith(asked) || asked.endsWith(behindBeginning(known)))
                .min(Comparator.comparingInt((String known) -> -commonEnd(known, asked))
                        .thenComparingInt(String::length).thenComparing(Comparator.naturalOrder()));
    }

    /** Of {@code /v1/models} that is {@code /models}. */
    private static String behindBeginning(String path) {
        int second = path.indexOf('/', 1);
        return second < 0 ? path : path.substring(second);
    }

    private static int commonEnd(String one, String other) {
        int length = 0;
        while (length < Math.min(one.length(), other.length())
                && one.charAt(one.length() - 1 - length) == other.charAt(other.length() - 1 - length)) {
            length++;
        }
        return length;
    }
}
