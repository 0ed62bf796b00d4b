/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.spi.text.LogitChanges;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.SparseStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import dev.millrace.text.dialect.ToolArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many calls a model writes that parse, and how many that are right, without and with its tools' schemas; and how many tokens of
 * held answers need no choice. Arguments: a file of dialogues, one JSON array of messages and tools in a line, as the recipe of the
 * nano model makes them; and a model, {@code nano} if there is none.
 */
public final class HeldCalls {

    private static final int MOST_TOKENS = 160;

    private final Engine engine;
    private final Model model;
    private final List<Dialogue> tasks;
    private final AtomicLong choices = new AtomicLong();
    private final SamplerStage.Factory counting = factory(true);
    private final SamplerStage.Factory second = factory(false);

    /** How the model is held. */
    private enum Held {
        FREE, STRICT, REQUIRED
    }

    /** Sums. */
    private static final class Sum {
        int calls;
        int whole;
        int right;
        long tokens;
        long choices;
        long nanos;
        final List<String> texts = new ArrayList<>();
    }

    private HeldCalls(Engine engine, Model model, List<Dialogue> tasks) {
        this.engine = engine;
        this.model = model;
        this.tasks = tasks;
    }

    /**
     * Runs it.
     *
     * @param arguments the file and the model
     * @throws IOException if the file cannot be read
     */
    public static void main(String[] arguments) throws IOException {
        String name = arguments.length > 1 ? arguments[1] : "nano";
        try (Millrace millrace = Millrace.start(); Model model = millrace.open(name)) {
            new HeldCalls((Engine) millrace, model, Dialogue.read(Path.of(arguments[0]))).report();
        }
    }

    /** Tools that the model has never seen: they have other names. */
    private static Dialogue renamed(Dialogue task) {
        return new Dialogue(
                task.messages().stream().filter(each -> each.role() == Message.Role.SYSTEM
                        || each.equals(task.messages().getLast())).toList(),
                task.tools().stream().map(tool -> new ToolDefinition("gateway_" + tool.name(), tool.description(),
                        tool.parameters())).toList(),
                task.right().stream().map(call -> new ToolCall(call.id(), "gateway_" + call.name(), call.arguments()))
                        .toList());
    }

    private void report() {
        System.out.printf(Locale.ROOT, "%s, %d calls%n", model.info().name(), tasks.size());
        Map<String, Sampling> samplings = new LinkedHashMap<>();
        samplings.put("greedy", Sampling.greedy());
        samplings.put("the model's own", model.defaults().withSeed(1));
        samplings.put("temperature 1", Sampling.greedy().withTemperature(1).withSeed(1));
        samplings.put("temperature 1.5", Sampling.greedy().withTemperature(1.5).withSeed(1));
        engine.addStage(counting);
        samplings.forEach((name, sampling) -> {
            for (Held held : Held.values()) {
                show(name + ", " + held, run(tasks, sampling, held));
            }
        });
        List<Dialogue> others = tasks.stream().map(HeldCalls::renamed).toList();
        for (Held held : Held.values()) {
            show("tools of other names, greedy, " + held, run(others, Sampling.greedy(), held));
        }
        // with two stages that bound, none forces
        run(tasks, Sampling.greedy(), Held.REQUIRED);
        Sum jumping = run(tasks, Sampling.greedy(), Held.REQUIRED);
        engine.addStage(second);
        run(tasks, Sampling.greedy(), Held.REQUIRED);
        Sum plain = run(tasks, Sampling.greedy(), Held.REQUIRED);
        engine.removeStage(second);
        int same = 0;
        for (int i = 0; i < plain.texts.size(); i++) {
            same += plain.texts.get(i).equals(jumping.texts.get(i)) ? 1 : 0;
        }
        show("with jump-ahead", jumping);
        show("without", plain);
        System.out.printf(Locale.ROOT, "the same answers: %d of %d; time without / with: %.2f%n", same,
                plain.texts.size(), (double) plain.nanos / jumping.nanos);
    }

    private static void show(String what, Sum sum) {
        System.out.printf(Locale.ROOT,
                "%-45s whole %4d, right %4d of %4d; tokens %6d, without a choice %4.1f %%, %.0f tokens/s%n", what,
                sum.whole,
                sum.right, sum.calls, sum.tokens, 100.0 * (sum.tokens - sum.choices) / sum.tokens,
                sum.tokens * 1e9 / sum.nanos);
    }

    private Sum run(List<Dialogue> all, Sampling sampling, Held held) {
        Sum sum = new Sum();
        for (Dialogue task : all) {
            choices.set(0);
            Conversation.Builder builder = model.conversation()
                    .messages(task.messages().subList(0, task.messages().size() - 1)).declare(task.tools())
                    .sampling(sampling).maxTokens(MOST_TOKENS).reasoning(Reasoning.DEFAULT.withBudget(MOST_TOKENS / 2))
                    .strict(held != Held.FREE)
                    .toolChoice(held == Held.REQUIRED ? ToolChoice.REQUIRED : ToolChoice.AUTO);
            try (Conversation conversation = builder.start();
                    Generation generation = conversation.send(List.of(task.messages().getLast()))) {
                Answer answer = generation.answer();
                sum.calls++;
                sum.tokens += answer.usage().completionTokens();
                sum.choices += choices.get();
                sum.nanos += answer.timings().decode().toNanos();
                boolean whole = answer.reason() == FinishReason.TOOL_CALLS && !answer.toolCalls().isEmpty()
                        && answer.toolCalls().stream().allMatch(call -> fits(task.tools(), call));
                sum.whole += whole ? 1 : 0;
                sum.right += whole && spelled(task.right()).equals(spelled(answer.toolCalls())) ? 1 : 0;
                sum.texts.add(answer.thinking() + answer.text() + spelled(answer.toolCalls()));
            }
        }
        return sum;
    }

    private static boolean fits(List<ToolDefinition> tools, ToolCall call) {
        return tools.stream().filter(tool -> tool.name().equals(call.name())).anyMatch(
                tool -> ToolArguments.check(tool, call) instanceof ToolArguments.Accepted accepted
                        && accepted.notes().isEmpty());
    }

    private static String spelled(List<ToolCall> calls) {
        StringBuilder all = new StringBuilder();
        for (ToolCall call : calls) {
            all.append(call.name()).append(call.arguments().toString().replaceAll("\\.0\\b", "")).append(';');
        }
        return all.toString();
    }

    /** Counts how often a token is chosen, or bounds nothing. */
    private SamplerStage.Factory factory(boolean counts) {
        return new SamplerStage.Factory() {
            @Override
            public int order() {
                return 0;
            }

            @Override
            public Optional<SamplerStage> create(StageContext context) {
                return Optional.of(counts ? new Counter() : new Unbound());
            }
        };
    }

    private final class Counter implements SparseStage {
        @Override
        public void change(TokenHistory history, LogitChanges changes) {
            choices.incrementAndGet();
        }

        @Override
        public SamplerStage fork() {
            return new Counter();
        }
    }

    private static final class Unbound implements SamplerStage {
        @Override
        public boolean bounds() {
            return true;
        }

        @Override
        public void apply(float[] logits, TokenHistory history) {
            // all are allowed
        }

        @Override
        public SamplerStage fork() {
            return new Unbound();
        }
    }
}
