/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.KeyValueType;
import dev.millrace.api.Message;
import dev.millrace.api.Metric;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.TokenHistory;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PrefixesTest {

    private static final String SYSTEM = "You run inside a gateway. ".repeat(8);

    @TempDir
    Path folder;

    private static Answer ask(Model model, String question) {
        try (Conversation conversation = model.conversation().system(SYSTEM).start()) {
            Answer answer = conversation.send(question).answer();
            assertEquals("Yes.", answer.text());
            return answer;
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder.resolve("cache/prefixes"))) {
            return all.toList();
        }
    }

    @Test
    void conversationsWithTheSameBeginningReadItOnce() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            assertEquals(0, ask(model, "Is it warm?").usage().cachedTokens());
            Answer second = ask(model, "Or cold?");
            assertTrue(second.usage().cachedTokens() > SYSTEM.length(), "cached " + second.usage());
            assertEquals(second.usage().promptTokens() - second.usage().cachedTokens(),
                    second.timings().prefillTokens());
        }
        assertEquals(0, backend.openSequences.get());
    }

    @Test
    void theNextStartDoesNotReadItAgain() throws IOException {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend)) {
            try (Model model = stage.open()) {
                ask(model, "Is it warm?");
            }
            assertEquals(1, files().size());
            try (Model model = stage.open()) {
                assertTrue(ask(model, "Or cold?").usage().cachedTokens() > SYSTEM.length());
            }
            assertEquals(1, files().size());
            try (Model model = stage.open(ModelOptions.defaults().withPrecision(Precision.EXACT))) {
                assertEquals(0, ask(model, "Or cold?").usage().cachedTokens(), "another precision, other states");
            }
            try (Model model = stage.open(ModelOptions.defaults().withKeyValues(KeyValueType.F32))) {
                assertEquals(0, ask(model, "Or cold?").usage().cachedTokens(), "other keys and values");
            }
        }
    }

    /** The file of a prefix that a first model has left. */
    private Path kept(Stage stage) throws IOException {
        try (Model model = stage.open()) {
            ask(model, "Is it warm?");
        }
        return files().getFirst();
    }

    @Test
    void whatIsDamagedIsReadAgain() throws IOException {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend)) {
            Path file = kept(stage);
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            Files.write(file, bytes);
            try (Model model = stage.open()) {
                assertEquals(0, ask(model, "Or cold?").usage().cachedTokens());
            }
        }
    }

    /** Cut anywhere, empty, zeros, a folder, links to nowhere, and whole files whose content nobody can have written. */
    @Test
    void whateverStandsInPlaceOfAKeptPrefixCostsOnlyTime() throws IOException {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend)) {
            Path file = kept(stage);
            byte[] good = Files.readAllBytes(file);
            Random random = new Random(5);
            List<byte[]> found = new ArrayList<>(List.of(new byte[0], new byte[good.length], new byte[16]));
            for (int i = 0; i < 60; i++) {
                found.add(Arrays.copyOf(good, random.nextInt(good.length)));
                found.add(Damage.sealed(good, random));
            }
            for (byte[] each : found) {
                Files.write(file, each);
                try (Model model = stage.open()) {
                    ask(model, "Or cold?");
                    ask(model, "Or wet?");
                }
            }
            Files.deleteIfExists(file);
            for (Path other : List.of(Files.createDirectory(file), folder.resolve("nothing"), file.getFileName())) {
                if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                    Files.createSymbolicLink(file, other);
                }
                try (Model model = stage.open()) {
                    ask(model, "Or cold?");
                }
                Files.deleteIfExists(file);
            }
        }
        assertEquals(0, backend.openSequences.get());
    }

    @Test
    void aFileThatVanishesWhileRoomIsMadeKeepsNoOther() throws IOException {
        Path kept = Files.createDirectories(folder.resolve("cache/prefixes"));
        // listed, but not there when it is looked at, as a file that another process has removed meanwhile
        Files.createSymbolicLink(kept.resolve("0-gone.prefix"), kept.resolve("nothing"));
        for (int i = 0; i < 70; i++) {
            Path old = Files.write(kept.resolve("0-" + i + ".prefix"), new byte[10]);
            Files.setLastModifiedTime(old, FileTime.fromMillis(i));
        }
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            ask(model, "Is it warm?");
        }
        assertTrue(Files.notExists(kept.resolve("0-0.prefix")), "the oldest is removed");
        assertTrue(files().size() < 70, "room was made: " + files().size());
    }

    @Test
    void aFolderThatCannotBeWrittenCostsOnlyTime() throws IOException {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = new Stage(folder, backend)) {
            Files.createDirectories(folder.resolve("cache"));
            Files.createFile(folder.resolve("cache/prefixes"));
            try (Model model = stage.open()) {
                ask(model, "Is it warm?");
            }
        }
    }

    @Test
    void aBackendWithoutStatesSharesWithinTheModel() {
        ScriptedBackend backend = new ScriptedBackend("a", false, "Yes.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            ask(model, "Is it warm?");
            assertTrue(ask(model, "Or cold?").usage().cachedTokens() > SYSTEM.length());
        }
    }

    /** As a model with short convolutions: what is read cannot be cut. */
    private static ScriptedBackend withConvolutions(String... script) {
        ScriptedBackend backend = new ScriptedBackend("a", true, script);
        backend.limits = Limits.of(512).withStates(true).withSharedForks(true);
        backend.goesBack = false;
        return backend;
    }

    private static List<ScriptedBackend> both(String... script) {
        return List.of(new ScriptedBackend("a", true, script), withConvolutions(script));
    }

    private Stage stage(ScriptedBackend backend) throws IOException {
        return new Stage(Files.createTempDirectory(folder, "stage"), backend);
    }

    /** A request that stands alone, as a server gets it: with the whole conversation. */
    private static Answer request(Model model, List<Message> messages) {
        try (Conversation conversation = model.conversation().messages(messages.subList(0, messages.size() - 1))
                .start()) {
            return conversation.send(List.of(messages.getLast())).answer();
        }
    }

    @Test
    void aRequestThatRepeatsAConversationReadsOnlyWhatIsNew() throws IOException {
        for (ScriptedBackend backend : both("One.", "Two.", "Three.")) {
            try (Stage stage = stage(backend); Model model = stage.open()) {
                List<Message> messages = new ArrayList<>();
                int before = 0;
                for (String question : List.of("What is the first?", "And then?", "And the last?")) {
                    messages.add(Message.user(question));
                    Answer answer = request(model, messages);
                    messages.add(Message.assistant(answer.text(), null, List.of()));
                    if (before > 0) {
                        assertTrue(answer.usage().cachedTokens() >= before, answer.usage() + " after " + before);
                    }
                    before = answer.usage().promptTokens() + answer.usage().completionTokens() - 1;
                }
            }
            assertEquals(0, backend.openSequences.get());
        }
    }

    @Test
    void editingAnEarlierTurnReadsNothingBeforeTheEdit() throws IOException {
        String long1 = "Tell me about the cellar. ".repeat(10);
        for (ScriptedBackend backend : both("<think>Hm</think>One.", "<think>Hm</think>Two.", "Three.")) {
            try (Stage stage = stage(backend);
                    Model model = stage.open();
                    Conversation conversation = model.conversation().system(SYSTEM).start()) {
                conversation.send(long1).answer();
                conversation.send(long1 + "And the roof.").answer();
                conversation.send(long1 + "And the garden.").answer();
                int before = tokensBefore(model, conversation.messages().subList(0, 3));
                conversation.rewind(3);
                Answer edited = conversation.send("Leave the roof. " + long1).answer();
                assertEquals("Two.", edited.text());
                assertTrue(edited.usage().cachedTokens() >= before, edited.usage() + " of " + before);
                assertEquals(edited.usage().promptTokens() - edited.usage().cachedTokens(),
                        edited.timings().prefillTokens());
            }
        }
    }

    /** The prompt of these messages and a question, up to its words. */
    private static int tokensBefore(Model model, List<Message> messages) {
        try (Conversation asked = model.conversation()
                .messages(Stream.concat(messages.stream(), Stream.of(Message.user(""))).toList()).start()) {
            return asked.promptTokens()
                    - model.tokenizer().encodeWithControl("<|im_end|>\n<|im_start|>assistant\n").length;
        }
    }

    @Test
    void longPromptsCanBeLeftOnTheWay() throws IOException {
        ScriptedBackend backend = withConvolutions("Yes.");
        try (Stage stage = stage(backend); Model model = stage.open()) {
            String text = "0123456789".repeat(150);
            request(model, List.of(Message.user(text + "first")));
            Answer other = request(model, List.of(Message.user(text + "other")));
            assertTrue(other.usage().cachedTokens() >= 1024, "kept at each 1024 tokens: " + other.usage());
            assertTrue(other.usage().cachedTokens() < 1500, "and cannot be cut: " + other.usage());
        }
        ScriptedBackend cuts = new ScriptedBackend("a", true, "Yes.");
        try (Stage stage = stage(cuts); Model model = stage.open()) {
            String text = "0123456789".repeat(150);
            request(model, List.of(Message.user(text + "first")));
            Answer other = request(model, List.of(Message.user(text + "other")));
            assertTrue(other.usage().cachedTokens() >= 1500, "cut where they part: " + other.usage());
        }
    }

    @Test
    void whatWasNotUsedForLongestGoesFirst() throws IOException {
        System.setProperty("millrace.prefixes.memory", "4096");
        try (Stage stage = stage(withConvolutions("Yes.")); Model model = stage.open()) {
            for (int i = 0; i < 70; i++) {
                request(model, List.of(Message.user("Question " + i + " of many, ".repeat(4))));
                double bytes = stage.engine.metrics().stream().filter(one -> one.name().equals("prefix_bytes"))
                        .mapToDouble(one -> ((Metric.Gauge) one).value()).sum();
                assertTrue(bytes <= 4096, "" + bytes);
            }
            assertTrue(stage.engine.metrics().stream().filter(one -> one.name().equals("prefix_evictions"))
                    .mapToLong(one -> ((Metric.Counter) one).value()).sum() > 20);
        } finally {
            System.clearProperty("millrace.prefixes.memory");
        }
    }

    @Test
    void noMoreAreKeptThanAllowed() throws IOException {
        System.setProperty("millrace.prefixes.number", "10");
        try (Stage stage = stage(new ScriptedBackend("a", true, "Yes.")); Model model = stage.open()) {
            for (int i = 0; i < 40; i++) {
                request(model, List.of(Message.user("Question " + i)));
                double open = stage.engine.metrics().stream().filter(one -> one.name().equals("sequences_open"))
                        .mapToDouble(one -> ((Metric.Gauge) one).value()).sum();
                // and the one that is read
                assertTrue(open <= 11, "" + open);
            }
        } finally {
            System.clearProperty("millrace.prefixes.number");
        }
    }

    /** Else each answer costs memory that no bound of prefixes counts. */
    @Test
    void whatIsKeptHoldsNothingOfItsConversation() throws IOException {
        List<WeakReference<Object>> told = Collections.synchronizedList(new ArrayList<>());
        try (Stage stage = stage(new ScriptedBackend("a", true, "Yes."))) {
            stage.services.stages.add(Stage.stages(context -> {
                told.add(new WeakReference<>(context));
                return new LooksOn();
            }));
            try (Model model = stage.open()) {
                for (int i = 0; i < 5; i++) {
                    assertEquals("Yes.", request(model, List.of(Message.user("Question " + i))).text());
                }
                for (int i = 0; i < 100 && told.stream().anyMatch(context -> context.get() != null); i++) {
                    System.gc();
                }
                assertEquals(5, told.size());
                assertTrue(told.stream().allMatch(context -> context.get() == null), "it is held");
                assertTrue(request(model, List.of(Message.user("Question 1"))).usage().cachedTokens() > 0,
                        "it is kept");
            }
        }
    }

    private static final class LooksOn implements SamplerStage {

        @Override
        public void apply(float[] logits, TokenHistory history) {
            // looks on
        }

        @Override
        public SamplerStage fork() {
            return this;
        }
    }

    @Test
    void whatASecondConversationUsedIsStoredForTheNextStart() throws IOException {
        List<Message> messages = List.of(Message.user("Tell me about the cellar. ".repeat(20)),
                Message.assistant("One.", null, List.of()), Message.user("And the roof?"));
        ScriptedBackend backend = withConvolutions("One.", "Two.");
        try (Stage stage = stage(backend)) {
            try (Model model = stage.open()) {
                request(model, messages.subList(0, 1));
                request(model, messages);
            }
            try (Model model = stage.open()) {
                Answer answer = request(model, messages);
                assertTrue(answer.usage().cachedTokens() > 500, "" + answer.usage());
            }
        }
    }

    @Test
    void manyConversationsAtOnceNeverMixWhatTheyRead() throws Exception {
        // what it says depends on the tokens that were read
        for (ScriptedBackend backend : both("One.", "Two.", "Three.", "Four.")) {
            System.setProperty("millrace.prefixes.memory", "20000");
            try (Stage stage = stage(backend);
                    Model model = stage.open();
                    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < 24; i++) {
                    Random random = new Random(i);
                    all.add(threads.submit(() -> {
                        List<Message> messages = new ArrayList<>();
                        for (String expected : List.of("One.", "Two.", "Three.", "Four.")) {
                            messages.add(Message.user("Question " + random.nextInt(3)));
                            Answer answer = request(model, messages);
                            assertEquals(expected, answer.text());
                            messages.add(Message.assistant(answer.text(), null, List.of()));
                        }
                    }));
                }
                for (Future<?> one : all) {
                    one.get();
                }
            } finally {
                System.clearProperty("millrace.prefixes.memory");
            }
            assertEquals(0, backend.openSequences.get());
        }
    }
}
