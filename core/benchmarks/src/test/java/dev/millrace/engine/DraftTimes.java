/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Sampling;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How much faster answers are generated with guesses than without, and whether they are the same. The model is open twice, and each dialogue
 * is answered by both in turn, so that a machine that drifts is fair to both. What counts is the processor time of the whole process from
 * the first token to the last, with one thread that computes: other programs change it little. Arguments: a file of dialogues as {@link Dialogue} reads
 * it; a model, {@code nano} if there is none; how many of the dialogues; when tokens are guessed, {@code auto} if not said.
 */
public final class DraftTimes {

    private static final int MOST_TOKENS = 160;
    private static final String SETTING = "millrace.speculation";
    private static final List<String> NOTHING_TO_COPY = List.of("Tell me something new.", "Write a poem about rain.",
            "What do you think of the sea?", "Name some animals.", "Why is the sky blue?");

    private static final OperatingSystemMXBean PROCESS = ManagementFactory
            .getPlatformMXBean(OperatingSystemMXBean.class);

    private final Model plain;
    private final Model guessing;

    private DraftTimes(Model plain, Model guessing) {
        this.plain = plain;
        this.guessing = guessing;
    }

    /** An answer, and the processor time from its first piece to its end. */
    private record Timed(Answer answer, long nanos) {
    }

    /** A question, and how it is answered. */
    private record Task(Dialogue dialogue, Sampling sampling, boolean strict) {
    }

    /**
     * Measures.
     *
     * @param arguments file, model, dialogues, setting
     * @throws IOException if the file cannot be read
     */
    public static void main(String[] arguments) throws IOException {
        List<Dialogue> all = Dialogue.read(Path.of(arguments[0]));
        String name = arguments.length > 1 ? arguments[1] : "nano";
        List<Dialogue> dialogues = arguments.length > 2
                ? all.subList(0, Math.min(all.size(), Integer.parseInt(arguments[2])))
                : all;
        System.setProperty(SETTING, "off");
        ModelOptions options = ModelOptions.defaults().withThreads(1);
        try (Millrace millrace = Millrace.start(); Model plain = millrace.open(name, options)) {
            System.setProperty(SETTING, arguments.length > 3 ? arguments[3] : "auto");
            try (Model guessing = millrace.open(name, options)) {
                new DraftTimes(plain, guessing).report(dialogues);
            }
        }
    }

    private void report(List<Dialogue> dialogues) {
        System.out.printf(Locale.ROOT, "%s on %s, %d dialogues%n", plain.info().name(), plain.device().id(),
                dialogues.size());
        Sampling own = plain.defaults().withSeed(1);
        // what is measured first is not compiled yet
        show("warm-up", tasks(dialogues, Sampling.greedy(), true));
        show("greedy, free calls", tasks(dialogues, Sampling.greedy(), false));
        show("greedy, strict calls", tasks(dialogues, Sampling.greedy(), true));
        show("the model's own sampling, strict", tasks(dialogues, own, true));
        show("the calls and results again, greedy", repeated(dialogues));
        List<Task> nothing = new ArrayList<>();
        for (int i = 0; i < Math.min(100, dialogues.size()); i++) {
            nothing.add(new Task(
                    new Dialogue(List.of(Message.user(NOTHING_TO_COPY.get(i % NOTHING_TO_COPY.size()))), List.of(),
                            List.of()),
                    Sampling.greedy().withTemperature(1.5).withSeed(i), false));
        }
        show("nothing to copy, temperature 1.5", nothing);
    }

    private static List<Task> tasks(List<Dialogue> dialogues, Sampling sampling, boolean strict) {
        return dialogues.stream().map(each -> new Task(each, sampling, strict)).toList();
    }

    /** What agents do: the same is asked again, with the first answer before it. */
    private List<Task> repeated(List<Dialogue> dialogues) {
        List<Task> tasks = new ArrayList<>();
        for (Dialogue each : dialogues) {
            List<Message> messages = new ArrayList<>(each.messages());
            messages.add(Message.assistant("", "", each.right()));
            for (int i = 0; i < each.right().size(); i++) {
                messages.add(Message.tool(each.right().get(i).id(), "{\"done\": true}"));
            }
            messages.add(Message.assistant("Done."));
            messages.add(each.messages().getLast());
            tasks.add(new Task(new Dialogue(messages, each.tools(), each.right()), Sampling.greedy(), true));
        }
        return tasks;
    }

    private void show(String what, List<Task> tasks) {
        long tokens = 0;
        long drafted = 0;
        long accepted = 0;
        int same = 0;
        double withoutNanos = 0;
        double withNanos = 0;
        double[] ratios = new double[tasks.size()];
        for (int i = 0; i < tasks.size(); i++) {
            boolean plainFirst = i % 2 == 0;
            Timed one = answer(plainFirst ? plain : guessing, tasks.get(i));
            Timed other = answer(plainFirst ? guessing : plain, tasks.get(i));
            Answer without = (plainFirst ? one : other).answer();
            Answer with = (plainFirst ? other : one).answer();
            long nanosWithout = (plainFirst ? one : other).nanos();
            long nanosWith = (plainFirst ? other : one).nanos();
            same += without.text().equals(with.text()) && without.thinking().equals(with.thinking())
                    && without.toolCalls().equals(with.toolCalls()) && without.reason() == with.reason() ? 1 : 0;
            tokens += with.usage().completionTokens();
            drafted += with.usage().draftedTokens();
            accepted += with.usage().acceptedTokens();
            withoutNanos += nanosWithout;
            withNanos += nanosWith;
            ratios[i] = (double) nanosWithout / nanosWith;
        }
        Arrays.sort(ratios);
        System.out.printf(Locale.ROOT,
                "%-36s same %d of %d; tokens %d, guessed %.1f %%, right %.1f %% of all; %.0f and %.0f tokens/s of processor time, times as"
                        + " fast %.2f, median of answers %.2f%n",
                what, same, tasks.size(), tokens, 100.0 * drafted / tokens, 100.0 * accepted / tokens,
                tokens * 1e9 / withoutNanos, tokens * 1e9 / withNanos, withoutNanos / withNanos,
                ratios[ratios.length / 2]);
    }

    private static Timed answer(Model model, Task task) {
        List<Message> messages = task.dialogue().messages();
        Conversation.Builder builder = model.conversation().messages(messages.subList(0, messages.size() - 1))
                .declare(task.dialogue().tools()).sampling(task.sampling()).maxTokens(MOST_TOKENS)
                .strict(task.strict());
        try (Conversation conversation = builder.start();
                Generation generation = conversation.send(List.of(messages.getLast()))) {
            generation.iterator().next();
            long start = PROCESS.getProcessCpuTime();
            Answer answer = generation.answer();
            return new Timed(answer, PROCESS.getProcessCpuTime() - start);
        }
    }
}
