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
import dev.millrace.plugin.openai.talk.Endpoint;
import dev.millrace.plugin.openai.talk.Ids;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Request;
import dev.millrace.plugin.openai.talk.Talk;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Which path is answered by what. */
final class Routes {

    private static final String ONE_MODEL = "/v1/models/";
    private static final String END_THINKING = ChatCompletions.PATH + "*" + ChatCompletions.END_THINKING;

    private final Map<String, Route> routes = new HashMap<>();
    private final Extensions extensions;

    /** What is done with a method of a path. */
    record Action(Endpoint endpoint, boolean needsToken) {
    }

    /**
     * A path.
     *
     * @param name the path, for the log
     * @param errors how its clients read errors
     * @param actions by method
     */
    record Route(String name, Function<ApiError, ObjectNode> errors, Map<String, Action> actions) {

        /** What is done with a method. HEAD is a GET whose body is not sent. */
        Action action(Exchange exchange) {
            if (actions.isEmpty()) {
                throw new ApiError(404, "There is nothing at this path.", null, "not_found");
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
        ChatCompletions chat = new ChatCompletions(models, talk, ids);
        post("/v1/chat/completions", chat);
        post("/v1/chat/completions/input_tokens", chat::count);
        post(END_THINKING, chat::endThinking);
        post("/v1/responses", new Responses(models, talk, ids));
        Messages messages = new Messages(models, talk, ids);
        post("/v1/messages", messages);
        post("/v1/messages/count_tokens", messages::count);
        post("/v1/completions", new Completions(models, talk, ids));
        post("/v1/embeddings", new Vectors(models)::embed);
        ModelList list = new ModelList(models);
        get("/v1/models", list::all, true);
        get(ONE_MODEL, list::one, true);
        Tokens tokens = new Tokens(models);
        post("/tokenize", tokens::tokenize);
        post("/detokenize", tokens::detokenize);
        Health health = new Health(models, metrics);
        get("/health", health::health, false);
        get("/metrics", health::metrics, true);
        Ollama ollama = new Ollama(models, talk);
        post("/api/chat", ollama::chat);
        post("/api/generate", ollama::generate);
        post("/api/show", ollama::show);
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

    private static Function<ApiError, ObjectNode> errors(String path) {
        if (path.startsWith("/v1/messages")) {
            return Messages::error;
        }
        return path.startsWith("/api/") ? Ollama::error : ChatJson::error;
    }

    /** The route of a path; one without actions if there is none. */
    Route find(String path) {
        Route route = routes.get(path);
        if (route != null) {
            return route;
        }
        if (path.startsWith(ChatCompletions.PATH) && path.endsWith(ChatCompletions.END_THINKING)
                && path.length() > ChatCompletions.PATH.length() + ChatCompletions.END_THINKING.length()) {
            return routes.getOrDefault(END_THINKING, nothing(path));
        }
        if (path.startsWith(ONE_MODEL)) {
            return routes.getOrDefault(ONE_MODEL, nothing(path));
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

    private static Route nothing(String path) {
        return new Route("other", errors(path), Map.of());
    }
}
