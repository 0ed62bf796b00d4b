/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.spi.text.AnswerForm;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.spi.text.ModelText;
import dev.millrace.spi.text.ThinkingMarks;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Component;

/**
 * gpt-oss: an answer is several messages, each with a header that names its channel and, for a call, its recipient.
 * {@code analysis} is thinking; {@code commentary} without a recipient and {@code final} are text.
 *
 * @see <a href="https://cookbook.openai.com/articles/openai-harmony">The harmony response format</a>
 */
@Component(service = Dialect.class)
public final class HarmonyDialect implements Dialect {

    private static final String CHANNEL = "<|channel|>";
    private static final String MESSAGE = "<|message|>";
    private static final String START = "<|start|>";
    private static final String CALL = "<|call|>";

    private static final Pattern RECIPIENT = Pattern.compile("\\bto=(?:functions\\.)?([\\p{L}\\p{Nd}_.-]+)");
    private static final Pattern TOOL = Pattern.compile("[\\p{L}\\p{Nd}_.-]+");

    private static final AnswerSyntax SYNTAX = new AnswerSyntax(
            new Mark(START, Part.HEADER, Part.HEADER),
            new Mark(CHANNEL, Part.HEADER, Part.HEADER),
            new Mark(MESSAGE, Part.HEADER, Part.TEXT),
            new Mark(START, Part.TEXT, Part.HEADER),
            new Mark(CHANNEL, Part.TEXT, Part.HEADER),
            new Mark("<|end|>", Part.TEXT, Part.TEXT),
            new Mark("<|return|>", Part.TEXT, Part.TEXT),
            new Mark(START, Part.THINKING, Part.HEADER),
            new Mark(CHANNEL, Part.THINKING, Part.HEADER),
            new Mark("<|end|>", Part.THINKING, Part.TEXT),
            new Mark("<|return|>", Part.THINKING, Part.TEXT),
            new Mark(START, Part.CALLS, Part.HEADER),
            new Mark(CHANNEL, Part.CALLS, Part.HEADER),
            new Mark("<|end|>", Part.CALLS, Part.TEXT),
            new Mark(CALL, Part.CALLS, Part.TEXT)).withHeaders(HarmonyDialect::header);

    /** Stateless. */
    public HarmonyDialect() {
    }

    /** One call at most: the mark behind it ends the answer. */
    @Override
    public Optional<AnswerForm> form(Predicate<String> hasToken) {
        String json = hasToken.test("<|constrain|>") ? " <|constrain|>json" : " json";
        return Optional.of(new AnswerForm(CHANNEL + "analysis" + MESSAGE, "<|end|>" + START + "assistant",
                CHANNEL + "final" + MESSAGE, SYNTAX.spellings(), false,
                List.of(new AnswerForm.Calls(CHANNEL + "commentary", " to=functions.", "", "", json + MESSAGE,
                        AnswerForm.Arguments.JSON, CALL, "", ""))));
    }

    @Override
    public String id() {
        return "harmony";
    }

    @Override
    public int match(ModelText model) {
        if (model.template().contains(CHANNEL)) {
            return 95;
        }
        return model.hasToken().test(CHANNEL) && model.hasToken().test(CALL) ? 70 : 0;
    }

    @Override
    public DialectParser parser(boolean insideThinking) {
        return parser(insideThinking, List.of());
    }

    @Override
    public DialectParser parser(boolean insideThinking, List<ToolDefinition> tools) {
        return new AnswerParser(SYNTAX, insideThinking, Signatures.of(tools));
    }

    /** The template ends with {@code <|start|>assistant}, and the model writes the channel. */
    @Override
    public Optional<ThinkingMarks> thinkingMarks() {
        String answer = CHANNEL + "final" + MESSAGE;
        return Optional.of(
                new ThinkingMarks(CHANNEL + "analysis" + MESSAGE, "<|end|>" + START + "assistant" + answer, answer));
    }

    /**
     * Writes calls as messages; the first one goes on where the template has written {@code <|start|>assistant}.
     *
     * @throws IllegalArgumentException if a name has characters that no tool's name has
     */
    @Override
    public String write(List<ToolCall> calls) {
        return calls.stream().map(HarmonyDialect::message).collect(Collectors.joining(START + "assistant"));
    }

    private static String message(ToolCall call) {
        if (!TOOL.matcher(call.name()).matches()) {
            throw new IllegalArgumentException("A tool's name has letters, digits or '_', '.', '-': " + call.name());
        }
        return " to=functions." + call.name() + CHANNEL + "commentary json" + MESSAGE + Guard.json(call.arguments())
                + CALL;
    }

    private static AnswerSyntax.Header header(String text) {
        Matcher recipient = RECIPIENT.matcher(text);
        if (recipient.find()) {
            return new AnswerSyntax.Header(Part.CALLS, recipient.group(1));
        }
        boolean analysis = List.of(text.strip().split("\\s+", -1)).contains("analysis");
        return new AnswerSyntax.Header(analysis ? Part.THINKING : Part.TEXT, null);
    }
}
