/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Timings;
import dev.millrace.api.Usage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.SkipException;

/** The rules of Reactive Streams, by its own test kit for Flow: each of its tests is one here. */
class PublisherRulesTest {

    private static final int MOST_EVENTS = 1000;
    private static final long SIGNAL_MILLIS = 2000;
    private static final long SILENCE_MILLIS = 50;
    /** An answer has one event at least, the last. */
    private static final String EMPTY = "optional_spec105_emptyStreamMustTerminateBySignallingOnComplete";

    @TestFactory
    List<DynamicTest> rules() {
        List<Method> rules = Arrays.stream(FlowPublisherVerification.class.getMethods())
                .filter(method -> method.getName().matches("(required|optional|stochastic)_.*")
                        && !method.getName().equals(EMPTY))
                .toList();
        assertTrue(rules.size() > 25, rules::toString);
        return rules.stream().map(rule -> DynamicTest.dynamicTest(rule.getName(), () -> check(rule))).toList();
    }

    private static void check(Method rule) throws Throwable {
        Answers answers = new Answers();
        answers.setUp();
        try {
            rule.invoke(answers);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof SkipException skipped) {
                throw new TestAbortedException(String.valueOf(skipped.getMessage()));
            }
            throw e.getCause();
        }
    }

    /** Logs of answers as publishers. */
    private static final class Answers extends FlowPublisherVerification<Event> {

        Answers() {
            super(new TestEnvironment(SIGNAL_MILLIS, SILENCE_MILLIS));
        }

        @Override
        public Flow.Publisher<Event> createFlowPublisher(long elements) {
            LiveGeneration log = new LiveGeneration("rules", own -> {
            });
            for (int i = 1; i < Math.min(MOST_EVENTS, elements); i++) {
                log.add(new Event.Text("piece " + i));
            }
            log.finish(new Event.Finished(FinishReason.STOP, new Usage(1, 0, 1),
                    new Timings(Duration.ZERO, Duration.ZERO, 0, Duration.ZERO, 0, Duration.ZERO)));
            return log.publisher();
        }

        @Override
        public Flow.Publisher<Event> createFailedFlowPublisher() {
            LiveGeneration log = new LiveGeneration("rules", own -> {
            });
            log.fail(new MillraceException("It failed."));
            return log.publisher();
        }

        @Override
        public long maxElementsFromPublisher() {
            return MOST_EVENTS;
        }
    }
}
