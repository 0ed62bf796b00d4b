/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.FinishReason;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolCall;
import dev.millrace.api.Usage;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.Reply;
import dev.millrace.spi.text.DialectEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts an answer together from the pieces that a server sends, in whatever shape: thinking under either name, calls in pieces, fields
 * that are missing, null or repeated. For one answer and one thread.
 */
final class AnswerReader {

    /** Characters per token, where nobody tells. */
    private static final int CHARACTERS = 4;

    private final RemoteModel.Listener listener;
    private final Set<String> stop;
    private final int promptCharacters;
    private final List<Call> calls = new ArrayList<>();
    private final Map<Integer, Call> byIndex = new HashMap<>();
    /** The index of the call that was written last. */
    private int last;
    private int pieces;
    private boolean wanted = true;
    private @Nullable String finish;
    private boolean stopped;
    private JsonView usage = new JsonView(null);

    /** A call that is being written. */
    private static final class Call {

        private final int number;
        private String id = "";
        private String name = "";
        private final StringBuilder arguments = new StringBuilder();

        Call(int number) {
            this.number = number;
        }
    }

    /**
     * Nothing read yet.
     *
     * @param stop texts that end the answer
     * @param promptCharacters of the request
     */
    AnswerReader(RemoteModel.Listener listener, Set<String> stop, int promptCharacters) {
        this.listener = listener;
        this.stop = stop;
        this.promptCharacters = promptCharacters;
    }

    /**
     * Takes the next piece.
     *
     * @param json a chunk of a stream, or a whole answer
     * @return whether it says something: a part of the answer, or its end
     * @throws RemoteModelException if it tells of an error
     * @throws JsonException if it is no JSON
     */
    boolean take(String json) {
        JsonView chunk = JsonView.parse(json);
        if (chunk.at("error").isThere() || chunk.at("object").text().filter("error"::equals).isPresent()) {
            throw new RemoteModelException(RemoteModelException.Kind.FAILED,
                    "it broke the answer off. It says: " + Failures.words(chunk, json), null);
        }
        if (chunk.at("usage").isThere()) {
            usage = chunk.at("usage");
        }
        boolean said = false;
        for (JsonView choice : chunk.at("choices").items()) {
            if (choice.at("index").number().orElse(0) == 0) {
                said |= take(choice);
            }
        }
        return said;
    }

    private boolean take(JsonView choice) {
        // an answer that does not come as a stream has a message in place of the deltas
        JsonView delta = choice.at("delta").isThere() ? choice.at("delta") : choice.at("message");
        Optional<String> thinking = delta.at("reasoning_content").text().or(() -> delta.at("reasoning").text());
        Optional<String> text = delta.at("content").text().or(() -> parts(delta.at("content")));
        List<JsonView> calling = delta.at("tool_calls").items();
        // where a piece has both, most servers tell of its text alone
        boolean ofThinking = thinking.isPresent() && text.isEmpty();
        List<TokenScore> scores = TokenScores.read(choice.at("logprobs").at("content"));
        if (ofThinking) {
            scores.forEach(listener::scored);
        }
        thinking.ifPresent(piece -> listen(new DialectEvent.Thinking(piece)));
        // a piece without text may hold a part of a character, whose rest comes with the next
        if (!ofThinking && (text.isPresent() || calling.isEmpty())) {
            scores.forEach(listener::scored);
        }
        text.ifPresent(piece -> listen(new DialectEvent.Text(piece)));
        boolean called = false;
        for (JsonView call : calling) {
            called = true;
            take(call, call.at("function"));
        }
        Optional<String> reason = choice.at("finish_reason").text();
        reason.ifPresent(word -> finish = word);
        stopped |= choice.at("stop_reason").text().filter(stop::contains).isPresent();
        boolean said = thinking.isPresent() || text.isPresent() || called;
        pieces += said ? 1 : 0;
        return said || reason.isPresent();
    }

    private static Optional<String> parts(JsonView content) {
        StringBuilder text = new StringBuilder();
        content.items().forEach(part -> part.at("text").text().ifPresent(text::append));
        return Optional.of(text.toString()).filter(whole -> !whole.isEmpty());
    }

    private void take(JsonView piece, JsonView function) {
        Call call = call(piece);
        piece.at("id").text().ifPresent(id -> call.id = id);
        if (call.name.isEmpty()) {
            function.at("name").text().ifPresent(name -> call.name = name);
        }
        JsonView arguments = function.at("arguments");
        if (arguments.value() instanceof Map<?, ?> whole) {
            call.arguments.append(Json.write(whole));
        } else {
            arguments.text().ifPresent(call.arguments::append);
        }
    }

    /** The call that a piece belongs to: by its index, unless it has an id of its own; without both, the last one. */
    private Call call(JsonView piece) {
        int index = piece.at("index").number().orElse(last);
        Optional<String> id = piece.at("id").text();
        Call known = byIndex.get(index);
        boolean other = known != null && id.isPresent() && !known.id.isEmpty() && !id.get().equals(known.id);
        if (known == null || other) {
            known = new Call(calls.size());
            calls.add(known);
            byIndex.put(index, known);
        }
        last = index;
        return known;
    }

    private void tell(Call call) {
        String source = call.arguments.toString();
        if (call.name.isEmpty()) {
            listen(new DialectEvent.Problem("A tool call has no name.", source));
            return;
        }
        Optional<Map<String, @Nullable Object>> arguments = arguments(source);
        listen(arguments.isPresent()
                ? new DialectEvent.CallCompleted(call.number, new ToolCall(call.id, call.name, arguments.get()))
                : new DialectEvent.Problem("The arguments of the call of " + call.name + " are no JSON object.",
                        call.name + source));
    }

    private void listen(DialectEvent event) {
        wanted = wanted && listener.said(event);
    }

    /** Whether more is wanted. */
    boolean isWanted() {
        return wanted;
    }

    /** Whether it has said why it ended. */
    boolean isFinished() {
        return finish != null;
    }

    /** Whether part of an answer has come. */
    boolean hasBegun() {
        return pieces > 0;
    }

    /** The answer is over. */
    Reply end() {
        String reason = finish == null ? "" : finish;
        if (reason.equals("length") && !calls.isEmpty() && arguments(calls.getLast().arguments.toString()).isEmpty()) {
            calls.removeLast(); // cut in the middle of it
        }
        calls.forEach(this::tell);
        if (reason.equals("abort") || reason.equals("error")) {
            throw new RemoteModelException(RemoteModelException.Kind.FAILED,
                    "it broke the answer off, which ended by " + reason + ".", null);
        }
        return reply(stopped
                ? FinishReason.STOP_STRING
                : reason.equals("length") ? FinishReason.LENGTH : FinishReason.STOP);
    }

    /** What was said until now, ended from here. */
    Reply reply(FinishReason reason) {
        int prompt = usage.at("prompt_tokens").number()
                .orElse((promptCharacters + CHARACTERS - 1) / CHARACTERS);
        int cached = usage.at("prompt_tokens_details").at("cached_tokens").number().orElse(0);
        int completion = usage.at("completion_tokens").number().orElse(pieces);
        return new Reply(reason, new Usage(prompt, Math.min(cached, prompt), completion));
    }

    private static Optional<Map<String, @Nullable Object>> arguments(String source) {
        try {
            if ((source.isBlank() ? Map.of() : Json.parse(source)) instanceof Map<?, ?> map) {
                Map<String, @Nullable Object> byName = new LinkedHashMap<>();
                map.forEach((name, value) -> byName.put(String.valueOf(name), value));
                return Optional.of(byName);
            }
        } catch (JsonException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }
}
