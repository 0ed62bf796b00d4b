/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Device;
import dev.millrace.api.DeviceVerdict;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.ModelHealth;
import dev.millrace.api.ModelOptions;
import dev.millrace.machine.Memory;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Fit;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Which backend is chosen, why, and what happens when they come, go and fail. */
@Timeout(60)
class ChoiceTest {

    private static final String TEXT = "word after word ".repeat(8);

    @TempDir
    Path folder;

    private static ScriptedBackend backend(String id, int score) {
        ScriptedBackend backend = new ScriptedBackend(id, true, TEXT, "Second.");
        backend.score = score;
        return backend;
    }

    private static String outcomes(Model model) {
        return model.verdicts().stream().map(one -> one.device().backend() + " " + one.outcome())
                .collect(Collectors.joining(", "));
    }

    private static String why(Model model, String backend) {
        return model.verdicts().stream().filter(one -> one.device().backend().equals(backend)).findFirst()
                .orElseThrow().reason();
    }

    @Test
    void saysWhyEachDeviceWasTakenOrNot() {
        ScriptedBackend full = backend("full", 300);
        full.onFit = () -> Optional.of(new Fit.Refused("It has 1 GB and the model needs 2.", Fit.Cause.MEMORY));
        ScriptedBackend blind = backend("blind", 300);
        blind.hasDevice = false;
        try (Stage stage = new Stage(folder, backend("slow", 10), backend("fast", 100), full, blind)) {
            try (Model model = stage.open()) {
                assertEquals("slow OTHER_BETTER, fast CHOSEN, full REFUSED, blind REFUSED", outcomes(model));
                assertEquals("It has the best score (100).", why(model, "fast"));
                assertEquals("It would run the model, too (score 10), but fast:0 comes first.", why(model, "slow"));
                assertEquals("It has 1 GB and the model needs 2.", why(model, "full"));
                assertEquals("The blind backend sees no device on this machine.", why(model, "blind"));
                model.moveTo("slow");
                assertEquals("slow CHOSEN, fast NOT_ASKED, full NOT_ASKED, blind REFUSED", outcomes(model));
                assertEquals("slow:0: It alone would run the model (score 10).",
                        model.verdicts().getFirst().toString());
                // what was not asked for has its score all the same, unless it would not run the model
                assertEquals(List.of(10, 100, 0, 0), model.verdicts().stream().map(DeviceVerdict::score).toList());
            }
        }
    }

    @Test
    void theFastestOfThoseThatWereTriedIsTakenAlsoAfterARestart() {
        ScriptedBackend said = backend("said", 100);
        ScriptedBackend fast = backend("fast", 10);
        AtomicInteger loads = new AtomicInteger();
        for (ScriptedBackend each : List.of(said, fast)) {
            each.onLoad = loads::incrementAndGet;
        }
        said.onForward = steps -> LockSupport.parkNanos(20_000_000);
        try (Stage stage = new Stage(folder, said, fast)) {
            try (Model model = stage.open()) {
                assertEquals("It has the best score (100).", why(model, "said"));
            }
            stage.engine.configure(Map.of("measure", "on"));
            loads.set(0);
            try (Model model = stage.open()) {
                assertEquals("said OTHER_BETTER, fast CHOSEN", outcomes(model));
                assertTrue(why(model, "fast").matches(
                        "It is as fast as any \\(\\d+ tokens per second when tried, score 10\\)\\."),
                        why(model, "fast"));
                assertTrue(
                        why(model, "said").matches("It would run the model, too \\(\\d+ tokens per second when tried,"
                                + " score 100\\), but fast:0 comes first\\."),
                        why(model, "said"));
                assertEquals(3, loads.get(), "two trials, and the model itself");
            }
            stage.open().close();
            assertEquals(4, loads.get(), "what is known is not tried again");
            // who asks for a device gets it, and nothing is tried
            try (Model model = stage.open(ModelOptions.defaults().withBackend("said"))) {
                assertEquals("said:0", model.device().id());
            }
            assertEquals(5, loads.get());
            assertEquals(0, said.openExecutors.get() + fast.openExecutors.get());
            try (Engine next = new Engine(stage.services, folder.resolve("cache"))) {
                next.configure(Map.of("measure", "kept"));
                try (Model model = next.open(folder.resolve("model.scripted").toString())) {
                    assertEquals("fast:0", model.device().id());
                }
                next.configure(Map.of("measure", "off"));
                try (Model model = next.open(folder.resolve("model.scripted").toString())) {
                    assertEquals("said:0", model.device().id());
                }
            }
            assertEquals(7, loads.get());
        }
    }

    @Test
    void aDeviceThatFailsWhenItIsTriedIsLeftAlone() {
        ScriptedBackend bad = backend("bad", 100);
        bad.onForward = steps -> {
            throw new BackendException("On fire.");
        };
        ScriptedBackend good = backend("good", 10);
        try (Stage stage = new Stage(folder, bad, backend("other", 5), good)) {
            stage.engine.configure(Map.of("measure", "on"));
            try (Model model = stage.open()) {
                assertTrue(outcomes(model).startsWith("bad LEFT_ALONE"), outcomes(model));
                assertTrue(why(model, "bad").contains("On fire."), why(model, "bad"));
            }
            assertEquals(0, bad.openExecutors.get());
        }
    }

    @Test
    void whatIsPreferredComesFirstAndWhatIsExcludedNever() {
        try (Stage stage = new Stage(folder, backend("slow", 10), backend("fast", 100))) {
            for (String setting : List.of("millrace.backends", "millrace.backends.scripted")) {
                System.setProperty(setting, "slow");
                try (Model model = stage.open()) {
                    assertEquals("slow:0", model.device().id());
                    assertEquals("The setting " + setting + " prefers it (score 10).", why(model, "slow"));
                }
                System.setProperty(setting, " -fast:0 ");
                try (Model model = stage.open()) {
                    assertEquals("slow CHOSEN, fast REFUSED", outcomes(model));
                    assertEquals("The setting " + setting + " excludes it.", why(model, "fast"));
                }
                System.setProperty(setting, "-fast,-slow");
                BackendException e = assertThrows(BackendException.class, stage::open);
                assertTrue(e.getMessage().contains("excludes it"), e.getMessage());
                // who asks for a device gets it
                try (Model model = stage.open(ModelOptions.defaults().withBackend("fast"))) {
                    assertEquals("fast:0", model.device().id());
                }
                System.clearProperty(setting);
            }
        } finally {
            System.clearProperty("millrace.backends");
            System.clearProperty("millrace.backends.scripted");
        }
    }

    @Test
    void whatFailsAgainAndAgainIsLeftAloneForAGrowingTime() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
        BackOff backOff = new BackOff(now::get);
        ScriptedBackend some = backend("a", 1);
        Device device = some.devices().getFirst();
        assertEquals(Optional.empty(), backOff.reason(some, device));
        long pause = 10;
        for (int i = 1; i <= 12; i++) {
            backOff.failed(some, device, "On fire.");
            String reason = backOff.reason(some, device).orElseThrow();
            assertTrue(reason.contains(i == 1 ? "once" : i + " times") && reason.contains("On fire."), reason);
            now.updateAndGet(time -> time.plusSeconds(Math.min(3600, 10L << Math.min(20, reasonless(reason)))));
            pause = Math.min(3600, pause * 2);
            Instant reached = now.get();
            assertEquals(Optional.empty(), backOff.reason(some, device), "after " + reached);
        }
        assertEquals(3600, pause);
        now.updateAndGet(time -> time.plus(Duration.ofHours(2)));
        backOff.failed(some, device, "Again.");
        assertTrue(backOff.reason(some, device).orElseThrow().contains("once"), "it had gone well for long");
        backOff.forget(some);
        assertEquals(Optional.empty(), backOff.reason(some, device));
        backOff.failed(some, device, "Again.");
        assertEquals(Optional.empty(), backOff.reason(backend("a", 1), device), "another instance");
    }

    @Test
    @Timeout(60)
    void whatFailsWhileItGoesIsNotHeld() {
        BackOff backOff = new BackOff(InstantSource.system());
        WeakReference<Backend> gone = gone(backOff);
        while (gone.get() != null) {
            System.gc();
        }
    }

    private static WeakReference<Backend> gone(BackOff backOff) {
        Backend backend = backend("a", 1);
        backOff.forget(backend);
        backOff.failed(backend, backend.devices().getFirst(), "Its file is closed.");
        return new WeakReference<>(backend);
    }

    /** How often it was doubled, from the number in the sentence. */
    private static int reasonless(String reason) {
        Function<String, Integer> number = text -> Integer.parseInt(text.replaceAll("\\D", ""));
        return reason.contains("once") ? 0 : number.apply(reason.substring(0, reason.indexOf("times"))) - 1;
    }

    @Test
    void aBackendThatFailedIsNotTakenForTheNextModel() {
        ScriptedBackend good = backend("good", 10);
        ScriptedBackend bad = backend("bad", 100);
        bad.onForward = steps -> {
            throw new BackendException("On fire.");
        };
        try (Stage stage = new Stage(folder, good, bad)) {
            try (Model model = stage.open()) {
                assertEquals("bad:0", model.device().id());
                assertEquals(TEXT, model.conversation().start().send("Go").answer().text());
                assertEquals("good:0", model.device().id());
            }
            try (Model model = stage.open()) {
                assertEquals("good CHOSEN, bad LEFT_ALONE", outcomes(model));
                assertTrue(why(model, "bad").contains("On fire."), why(model, "bad"));
            }
            // it is better than nothing
            stage.engine.removeBackend(good);
            try (Model model = stage.open()) {
                assertEquals("bad CHOSEN", outcomes(model));
                assertTrue(why(model, "bad").startsWith("No other device"), why(model, "bad"));
            }
        }
    }

    @Test
    void twoBackendsThatFailDoNotThrowAModelToAndFro() {
        ScriptedBackend one = backend("one", 10);
        ScriptedBackend two = backend("two", 100);
        for (ScriptedBackend each : List.of(one, two)) {
            each.onForward = steps -> {
                if (steps.getFirst().length() > 1) {
                    throw new BackendException("On fire.");
                }
            };
        }
        try (Stage stage = new Stage(folder, one, two); Model model = stage.open()) {
            assertThrows(BackendException.class, () -> model.conversation().start().send("Go").answer());
            assertEquals("one:0", model.device().id());
            assertEquals(1, one.openExecutors.get() + two.openExecutors.get());
        }
    }

    @Test
    void whatOpenModelsMayStillTakeIsNotFree() {
        ScriptedBackend backend = backend("a", 1);
        backend.bytes = Memory.now().total() * 3 / 4;
        try (Stage stage = new Stage(folder, backend)) {
            Model first = stage.open();
            BackendException e = assertThrows(BackendException.class, stage::open);
            assertTrue(e.getMessage().contains("may still take") && e.getMessage().contains("close one"),
                    e.getMessage());
            first.close();
            stage.open().close();
        }
    }

    @Test
    void aBetterBackendThatAppearsIsMovedTo() throws InterruptedException {
        ScriptedBackend slow = backend("slow", 10);
        ScriptedBackend fast = backend("fast", 100);
        CountDownLatch left = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        slow.onExecutorClosed = left::countDown;
        slow.onForward = steps -> begun.countDown();
        try (Stage stage = new Stage(folder, slow); Model model = stage.open()) {
            Generation answer = model.conversation().start().send("Go");
            begun.await();
            stage.engine.addBackend(fast);
            left.await();
            assertEquals(TEXT, answer.answer().text());
            assertEquals("fast:0", model.device().id());
            // a worse one is not, and who was put somewhere stays
            ScriptedBackend worse = backend("worse", 50);
            stage.engine.addBackend(worse);
            model.moveTo("worse");
            stage.engine.addBackend(backend("best", 1000));
            assertEquals("worse:0", model.device().id());
        }
    }

    @Test
    void aModelWhoseOnlyBackendIsUpdatedGoesOnWithTheNewOne() {
        ScriptedBackend old = backend("a", 10);
        CountDownLatch gone = new CountDownLatch(1);
        old.onExecutorClosed = gone::countDown;
        try (Stage stage = new Stage(folder, old);
                Model model = stage.open();
                Conversation conversation = model.conversation().start()) {
            Generation answer = conversation.send("Go");
            Iterator<dev.millrace.api.Event> events = answer.iterator();
            events.next();
            stage.engine.removeBackend(old);
            await(gone);
            ModelHealth health = stage.engine.health().getFirst();
            assertEquals(ModelHealth.State.MOVING, health.state());
            assertTrue(health.reason().contains("waits for a backend"), health.reason());
            Conversation other = model.conversation().start();
            Generation second = other.send("Me, too");
            ScriptedBackend updated = backend("a", 10);
            stage.engine.addBackend(updated);
            assertEquals(TEXT, answer.answer().text());
            assertEquals(TEXT, second.answer().text());
            int read = updated.tokensRead.get();
            assertTrue(read < 3 * TEXT.length(), "nothing was read again: " + read);
            assertEquals("Second.", conversation.send("On").answer().text());
            assertEquals(0, old.openExecutors.get());
            assertFalse(model.verdicts().isEmpty());
        }
    }

    @Test
    void aModelLeavesItsBackendWhateverTheNextOneThrows() {
        List<Runnable> failures = List.of(() -> {
            throw new IllegalStateException("broken");
        }, () -> {
            throw new NoClassDefFoundError("gone");
        }, () -> {
            throw new StackOverflowError("deep");
        });
        for (int i = 0; i < failures.size(); i++) {
            ScriptedBackend old = backend("a", 10);
            ScriptedBackend bad = backend("b", 5);
            bad.onLoad = failures.get(i);
            CountDownLatch gone = new CountDownLatch(1);
            old.onExecutorClosed = gone::countDown;
            Path own = folder.resolve("failure" + i);
            assertTrue(own.toFile().mkdir());
            try (Stage stage = new Stage(own, old, bad);
                    Model model = stage.open();
                    Conversation conversation = model.conversation().start()) {
                stage.engine.removeBackend(old);
                await(gone);
                stage.engine.addBackend(backend("c", 20));
                assertEquals(TEXT, conversation.send("Go").answer().text());
                assertEquals("c:0", model.device().id());
            }
        }
    }

    @Test
    void aModelForWhichNoBackendComesEnds() {
        ScriptedBackend only = backend("a", 10);
        try (Stage stage = new Stage(folder, only)) {
            stage.engine.configure(Map.of("backend.wait", 0));
            Model model = stage.open();
            AtomicInteger passes = new AtomicInteger();
            only.onForward = steps -> {
                if (passes.incrementAndGet() > 10) {
                    LockSupport.parkNanos(20_000_000); // slow enough to lose its backend before its end
                }
            };
            Conversation conversation = model.conversation().start();
            Generation answer = conversation.send("Go");
            Iterator<dev.millrace.api.Event> events = answer.iterator();
            events.next();
            stage.engine.removeBackend(only);
            // closing cancels what waits
            assertEquals(dev.millrace.api.FinishReason.CANCELLED, answer.answer().reason());
            model.close();
            for (Executable refused : List.<Executable>of(() -> conversation.send("Go"),
                    () -> model.conversation().start(), () -> model.moveTo("a"))) {
                String why = String.valueOf(assertThrows(IllegalStateException.class, refused).getMessage());
                assertTrue(why.endsWith(
                        " is closed, because a went away and no other backend that can run it came within 0 s."), why);
            }
            assertEquals(List.of(), stage.engine.health());
        }
        assertEquals(0, only.openExecutors.get());
    }

    @Test
    void closingDoesNotWaitForABackendThatIsMissing() {
        ScriptedBackend only = backend("a", 10);
        CountDownLatch gone = new CountDownLatch(1);
        only.onExecutorClosed = gone::countDown;
        try (Stage stage = new Stage(folder, only); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            Generation answer = conversation.send("Go");
            stage.engine.removeBackend(only);
            await(gone);
            conversation.close();
            assertTrue(answer.isDone());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
