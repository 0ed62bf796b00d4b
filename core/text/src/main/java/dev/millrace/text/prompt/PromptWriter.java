/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.api.Capability;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Reasoning;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ThinkingMarks;
import dev.millrace.text.dialect.Dialects;
import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.ChatTemplate;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.tokenizer.PromptText;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes the prompt of a model: messages and tools through the model's chat template to token ids.
 *
 * <p>
 * <b>Who may write control tokens.</b> Only the template, the tokens of the vocabulary that it is given, and the marks that
 * the dialect writes around earlier calls. What messages, tool descriptions, results, arguments and extra variables say is
 * inert: a {@code <|im_end|>} in there arrives as plain text. A template still sees the text itself, so one that looks for
 * {@code </think>} in earlier answers finds it.
 *
 * <p>
 * <b>Thinking</b> of an earlier answer is given as {@code thinking} and {@code reasoning_content}, and only if there was some.
 * An answer whose content begins with {@code <think>...</think>} counts as one with thinking, so that the template decides
 * what stays of it and writes the marks itself.
 *
 * <p>
 * <b>Tools</b> are plain schemas ({@code name}, {@code description}, {@code parameters}) or wrapped in
 * {@code {"type": "function", "function": ...}}: what the template can read, and where it reads neither, wrapped for
 * dialects that write calls as JSON and plain for those that write Python. Templates that ignore {@code tool_calls} get
 * earlier calls within the content, as the dialect writes them. Templates that take contents as lists of parts get them so.
 * All this is found out once by rendering small probes. A template that leaves out what the user says is refused; if it leaves
 * out other messages or the tools, the log tells it.
 *
 * <p>
 * <b>Two templates.</b> A model may have one of its own for conversations with tools. It is taken for these, as in Hugging Face's
 * transformers, if it shows the tools.
 *
 * <p>
 * <b>The token that begins a text</b> is the template's own business, as in transformers. {@link #beginningWithBos} is for
 * vocabularies that insist on it.
 *
 * <p>
 * <b>Half a character</b> (a lone surrogate), which no token spells, is written as U+FFFD.
 *
 * <p>
 * Safe for use from any thread.
 */
public final class PromptWriter {

    /** Characters with which a conversation may be too long for a template; with fewer a limit is the template's fault. */
    private static final int LONG = 50_000;
    /** ChatML with tools in the system message, for vocabularies made for it that come without a template. */
    private static final String CHATML = """
            {%- set ns = namespace(system='') -%}
            {%- if messages and messages[0].role == 'system' -%}
                {%- set ns.system = messages[0].content -%}
                {%- set messages = messages[1:] -%}
            {%- endif -%}
            {%- if tools -%}
                {%- set ns.system = ns.system + ('\\n' if ns.system else '') + 'List of tools: ' + (tools | tojson) -%}
            {%- endif -%}
            {%- if ns.system -%}
                {{- '<|im_start|>system\\n' + ns.system + '<|im_end|>\\n' -}}
            {%- endif -%}
            {%- for message in messages -%}
                {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
                {{- '<|im_start|>assistant\\n' -}}
            {%- endif -%}
            """;
    private static final List<String> PAD = List.of("<|pad|>", "<pad>", "[PAD]");

    private static final System.Logger LOG = System.getLogger(PromptWriter.class.getName());

    private final ProbedTemplate template;
    private final @Nullable ProbedTemplate toolTemplate;
    private final PromptTokenizer tokenizer;
    private final Dialect dialect;
    private final Clock clock;
    private final Map<String, MarkedText> tokens;
    private final boolean bos;
    /** What was said about the template, once each. */
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    private PromptWriter(ProbedTemplate template, @Nullable ProbedTemplate toolTemplate, PromptTokenizer tokenizer,
            Dialect dialect, Clock clock, Map<String, MarkedText> tokens, boolean bos) {
        this.template = template;
        this.toolTemplate = toolTemplate;
        this.tokenizer = tokenizer;
        this.dialect = dialect;
        this.clock = clock;
        this.tokens = tokens;
        this.bos = bos;
    }

    /**
     * A writer for a model, with the clock of this machine.
     *
     * @param template the model's chat template; without one, ChatML if the vocabulary has its tokens
     * @param tokenizer the model's tokenizer
     * @param dialect the model's dialect
     * @return the writer
     * @throws TemplateException if the template is malformed
     * @throws MillraceException if there is no template and the vocabulary is not made for ChatML
     */
    public static PromptWriter of(Optional<String> template, PromptTokenizer tokenizer, Dialect dialect) {
        return of(template, tokenizer, dialect, Clock.system(ZoneId.systemDefault()));
    }

    /**
     * A writer for a model.
     *
     * @param template the model's chat template; without one, ChatML if the vocabulary has its tokens
     * @param tokenizer the model's tokenizer
     * @param dialect the model's dialect
     * @param clock what templates that write the date see
     * @return the writer
     * @throws TemplateException if the template is malformed
     * @throws MillraceException if there is no template and the vocabulary is not made for ChatML
     */
    public static PromptWriter of(Optional<String> template, PromptTokenizer tokenizer, Dialect dialect, Clock clock) {
        String source = template.filter(text -> !text.isBlank()).orElseGet(() -> chatMl(tokenizer));
        Map<String, MarkedText> tokens = tokens(tokenizer);
        ProbedTemplate probed = ProbedTemplate.of(source, clock, tokenizer, dialect, tokens);
        return new PromptWriter(probed, null, tokenizer, dialect, clock, tokens, false);
    }

    /**
     * A writer that has another template for conversations with tools.
     *
     * @param source that template
     * @return a writer like this one, which takes it wherever tools are offered, if it shows them
     * @throws TemplateException if the template is malformed
     */
    public PromptWriter withToolTemplate(String source) {
        ProbedTemplate probed = ProbedTemplate.of(source, clock, tokenizer, dialect, tokens);
        return new PromptWriter(template, probed, tokenizer, dialect, clock, tokens, bos);
    }

    /**
     * A writer that puts the token that begins a text before the prompt unless the template has written it: there are never two.
     * By default the template alone decides.
     *
     * @return a writer like this one
     */
    public PromptWriter beginningWithBos() {
        return new PromptWriter(template, toolTemplate, tokenizer, dialect, clock, tokens, true);
    }

    /**
     * The tokens that end a turn of the assistant, as the templates write them behind an earlier answer. Model files may name other
     * tokens only; a model that was trained on a template writes its own.
     *
     * @return their ids; empty if no template writes a control token there, or one behind which an answer goes on
     */
    public Set<Integer> turnEnds() {
        Set<Integer> ends = new TreeSet<>();
        for (ProbedTemplate each : templates()) {
            String after = each.traits().afterAnswer().stripLeading();
            int[] ids = after.isEmpty() ? new int[0] : tokenizer.encode(PromptText.trusted(after));
            if (ids.length > 0 && tokenizer.isControl(ids[0])
                    && !Dialects.dividesAnswers(dialect, tokenizer.decode(ids[0]))) {
                ends.add(ids[0]);
            }
        }
        return ends;
    }

    /**
     * What the model can be asked for through its templates.
     *
     * @return its capabilities
     */
    public Set<Capability> capabilities() {
        Set<Capability> all = EnumSet.noneOf(Capability.class);
        for (ProbedTemplate each : templates()) {
            if (each.traits().tools() != TemplateTraits.Tools.NOWHERE) {
                all.add(Capability.TOOLS);
            }
            if (each.thinks() || each.traits().thinking().isTold()) {
                all.add(Capability.THINKING);
            }
        }
        return Set.copyOf(all);
    }

    private List<ProbedTemplate> templates() {
        return toolTemplate == null ? List.of(template) : List.of(template, toolTemplate);
    }

    private static String chatMl(PromptTokenizer tokenizer) {
        if (tokenizer.id("<|im_start|>").isEmpty() || tokenizer.id("<|im_end|>").isEmpty()) {
            throw new MillraceException(
                    "The model has no chat template and its vocabulary has no <|im_start|> and <|im_end|>;"
                            + " give it a template, or use it without conversations.");
        }
        return CHATML;
    }

    private static Map<String, MarkedText> tokens(PromptTokenizer tokenizer) {
        Map<String, MarkedText> tokens = new HashMap<>();
        tokens.put("bos_token", spelling(tokenizer, tokenizer.bos()));
        tokens.put("eos_token", spelling(tokenizer, tokenizer.eos()));
        OptionalInt pad = PAD.stream().map(tokenizer::id).filter(OptionalInt::isPresent).findFirst()
                .orElse(OptionalInt.empty());
        tokens.put("pad_token", spelling(tokenizer, pad));
        return Map.copyOf(tokens);
    }

    private static MarkedText spelling(PromptTokenizer tokenizer, OptionalInt id) {
        return MarkedText.trusted(id.isPresent() ? tokenizer.decode(id.getAsInt()) : "");
    }

    /**
     * Writes a conversation.
     *
     * @param messages in order
     * @param tools what the model may call; may be empty
     * @param addGenerationPrompt whether the assistant speaks next
     * @return the prompt
     * @throws TemplateException if the template fails or refuses the conversation
     * @throws MillraceException if the template leaves out what the user says, or writes nothing
     */
    public Prompt write(List<Message> messages, List<ToolDefinition> tools, boolean addGenerationPrompt) {
        return write(messages, tools, addGenerationPrompt, Map.of());
    }

    /**
     * Writes a conversation.
     *
     * @param messages in order
     * @param tools what the model may call; may be empty
     * @param addGenerationPrompt whether the assistant speaks next
     * @param extra further variables of the template, for example {@code enable_thinking}; they win over the usual ones
     * @return the prompt
     * @throws TemplateException if the template fails or refuses the conversation
     * @throws MillraceException if the template leaves out what the user says, or writes nothing
     */
    public Prompt write(List<Message> messages, List<ToolDefinition> tools, boolean addGenerationPrompt,
            Map<String, ?> extra) {
        MarkedText whole = render(messages, tools, addGenerationPrompt, extra);
        return prompt(whole, addGenerationPrompt && endsInsideThinking(whole), List.of());
    }

    /**
     * Writes a conversation in which the assistant speaks next.
     *
     * @param messages in order
     * @param tools what the model may call; may be empty
     * @param reasoning whether the model is to think; it is told as far as its template can tell it, and else by an empty thinking
     * @param beginning what the assistant has begun to say, or null
     * @return the prompt, with the beginning of the answer
     * @throws TemplateException if the template fails or refuses the conversation
     * @throws MillraceException if the template leaves out what the user says, or writes nothing; or if there is thinking in the
     *             beginning, and nobody knows how the model writes it
     */
    public Prompt write(List<Message> messages, List<ToolDefinition> tools, Reasoning reasoning,
            @Nullable Message beginning) {
        MarkedText whole = render(messages, tools, true, chosen(tools).traits().thinking().variables(reasoning));
        boolean inside = endsInsideThinking(whole);
        List<Prompt.Piece> begun = beginning == null
                ? withoutThinking(reasoning, inside, chosen(tools))
                : begun(beginning, inside);
        return prompt(whole, inside, begun);
    }

    private List<Prompt.Piece> withoutThinking(Reasoning reasoning, boolean inside, ProbedTemplate chosen) {
        ThinkingMarks marks = dialect.thinkingMarks().orElse(null);
        if (reasoning.mode() != Reasoning.Mode.OFF || marks == null) {
            return List.of();
        }
        if (inside) {
            return List.of(new Prompt.Piece(marks.close(), true));
        }
        return chosen.traits().thinking().isSwitch() || !chosen.thinks()
                ? List.of()
                : List.of(new Prompt.Piece(marks.open() + marks.close(), true));
    }

    private List<Prompt.Piece> begun(Message beginning, boolean inside) {
        Optional<ThinkingMarks> marks = dialect.thinkingMarks();
        String thinking = beginning.thinking() == null ? "" : beginning.thinking();
        String content = beginning.content();
        List<Prompt.Piece> pieces = new ArrayList<>();
        if (!thinking.isEmpty()) {
            if (marks.isEmpty()) {
                throw new MillraceException(
                        "The thinking of an answer cannot be begun: nobody knows how this model writes"
                                + " it. Leave the thinking out.");
            }
            if (!inside) {
                pieces.add(new Prompt.Piece(marks.get().open(), true));
            }
            pieces.add(new Prompt.Piece(thinking, false));
        }
        if (!content.isEmpty()) {
            String before = "";
            if (marks.isPresent()) {
                before = inside || !thinking.isEmpty() ? marks.get().close() : marks.get().answer();
            }
            pieces.add(new Prompt.Piece(before, true));
            pieces.add(new Prompt.Piece(content, false));
        }
        return pieces;
    }

    private ProbedTemplate chosen(List<ToolDefinition> tools) {
        return tools.isEmpty() || toolTemplate == null || toolTemplate.traits().tools() == TemplateTraits.Tools.NOWHERE
                ? template
                : toolTemplate;
    }

    private MarkedText render(List<Message> messages, List<ToolDefinition> tools, boolean addGenerationPrompt,
            Map<String, ?> extra) {
        ProbedTemplate chosen = chosen(tools);
        checkNothingIsLost(chosen.traits(), messages, tools);
        Map<String, @Nullable Object> all = new HashMap<>(tokens);
        all.put("messages", chosen.variables().messages(messages, tools));
        all.put("tools", chosen.variables().tools(tools));
        all.put("add_generation_prompt", addGenerationPrompt);
        all.putAll(extra);
        MarkedText text = rendered(chosen.template(), all);
        MarkedText begin = tokens.getOrDefault("bos_token", MarkedText.trusted(""));
        return bos && !begins(text, begin.text()) ? begin.plus(text) : text;
    }

    /** A limit that is reached is the template's fault with a short conversation, and else a matter of its length. */
    private static MarkedText rendered(ChatTemplate template, Map<String, @Nullable Object> variables) {
        try {
            return template.renderMarked(variables);
        } catch (TemplateException e) {
            long given = (long) String.valueOf(variables.get("messages")).length()
                    + String.valueOf(variables.get("tools")).length();
            if (!e.limit() || given < LONG) {
                throw e;
            }
            throw new MillraceException("The messages and tools are too long for the model's chat template: "
                    + e.problem() + "; send fewer or shorter ones.", e);
        }
    }

    private Prompt prompt(MarkedText rendered, boolean inside, List<Prompt.Piece> begun) {
        MarkedText whole = rendered;
        for (Prompt.Piece piece : begun) {
            whole = whole.plus(piece.mark() ? MarkedText.trusted(piece.text()) : MarkedText.inert(piece.text()));
        }
        int[] ids = tokenizer.encode(promptText(whole));
        if (ids.length == 0) {
            throw new MillraceException(
                    "The model's chat template writes an empty prompt for this conversation; give the model another template.");
        }
        return new Prompt(ids, Json.wellFormed(whole.text()), inside, begun);
    }

    /** A template that leaves out what it is given says nothing of it; so the user is told. */
    private void checkNothingIsLost(TemplateTraits traits, List<Message> messages, List<ToolDefinition> tools) {
        for (Message message : messages) {
            if (!traits.silent().contains(message.role()) || message.content().isBlank()) {
                continue;
            }
            if (message.role() == Message.Role.USER) {
                throw new MillraceException(
                        "The model's chat template leaves out what the user says; give the model another template.");
            }
            warn(message.role().name().toLowerCase(Locale.ROOT) + " messages");
        }
        if (!tools.isEmpty() && traits.tools() == TemplateTraits.Tools.NOWHERE) {
            warn("tools");
        }
        checkTogether(traits.together(), messages, !tools.isEmpty());
    }

    private void checkTogether(Together together, List<Message> messages, boolean tools) {
        boolean later = messages.stream().filter(message -> message.role() == Message.Role.USER).count() > 1;
        if (later && together.laterTurns()) {
            throw new MillraceException(
                    "The model's chat template leaves out what the user says after the first turn; start a new"
                            + " conversation for each question, or give the model another template.");
        }
        if (later && together.earlierTurns()) {
            warn("earlier turns");
        }
        boolean system = messages.stream().anyMatch(message -> message.role() == Message.Role.SYSTEM
                && !message.content().isBlank());
        if (system && tools && together.systemBesideTools()) {
            warn("system messages where tools are offered");
        }
        if (system && tools && together.toolsBesideSystem()) {
            warn("tools where there is a system message");
        }
    }

    private void warn(String lost) {
        if (told.add(lost)) {
            LOG.log(System.Logger.Level.WARNING,
                    "The model''s chat template leaves out {0}: the model does not see them.", lost);
        }
    }

    /** Whether the template has written this token, behind white space at most. */
    private static boolean begins(MarkedText text, String token) {
        int at = text.text().length() - text.text().stripLeading().length();
        return text.text().startsWith(token, at) && !text.inert(at, at + token.length());
    }

    private static boolean endsInsideThinking(MarkedText text) {
        String end = text.text().stripTrailing();
        return end.endsWith("<think>") && !text.inert(end.length() - "<think>".length(), end.length());
    }

    private static PromptText promptText(MarkedText text) {
        PromptText.Builder out = PromptText.builder();
        int[] inert = text.inertRanges();
        int from = 0;
        for (int i = 0; i < inert.length; i += 2) {
            out.trusted(piece(text, from, inert[i])).inert(piece(text, inert[i], inert[i + 1]));
            from = inert[i + 1];
        }
        return out.trusted(piece(text, from, text.text().length())).build();
    }

    /** Half of a surrogate pair, which a tool or a caller may have cut, becomes U+FFFD: no token spells it. */
    private static String piece(MarkedText text, int from, int to) {
        return Json.wellFormed(text.text().substring(from, to));
    }
}
