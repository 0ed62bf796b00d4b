/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contracts of tool providers and guards find what is wrong with one. */
class ToolContractsTest {

    /** One thing at a time. */
    enum Fault {
        NONE, HAS_NO_TOOLS, HAS_TWO_OF_A_NAME, SAYS_NOTHING, HAS_AN_ODD_SCHEMA, DEMANDS_WHAT_IS_NOT_THERE, ANSWERS_NULL, ANSWERS_AN_OBJECT, STUMBLES, SPREADS_CALLS, SWALLOWS_INTERRUPTS, FAILS_ITS_CALLS, ALLOWS_ALL, REFUSES_ALL, THROWS, REFUSES_WITHOUT_A_REASON, CHANGES_ITS_MIND, NEVER_ENDS
    }

    private static Map<String, @Nullable Object> schema(Fault fault) {
        return Map.of("type", "object", "properties",
                Map.of("room", Map.of("type", fault == Fault.HAS_AN_ODD_SCHEMA ? "text" : "string")), "required",
                List.of(fault == Fault.DEMANDS_WHAT_IS_NOT_THERE ? "floor" : "room"));
    }

    /** Reads a sensor. */
    private static final class Read implements Tool {

        private final Fault fault;
        private @Nullable String room;

        Read(Fault fault) {
            this.fault = fault;
        }

        @Override
        public ToolDefinition definition() {
            return new ToolDefinition("read", fault == Fault.SAYS_NOTHING ? "Read." : "Reads the sensor of a room.",
                    schema(fault));
        }

        @Override
        @SuppressWarnings("NullAway") // that is what is wrong
        public ToolResult call(ToolCall call) throws Exception {
            if (fault == Fault.ANSWERS_NULL) {
                return null;
            }
            if (fault == Fault.STUMBLES) {
                return ToolResult.of(((String) call.arguments().get("room")).length());
            }
            if (!(call.arguments().get("room") instanceof String name)) {
                return ToolResult.error("room must be a string");
            }
            if (fault == Fault.SPREADS_CALLS) {
                room = name;
                LockSupport.parkNanos(1); // another call comes between
                if (!name.equals(room)) {
                    throw new IllegalStateException("another call has come between");
                }
            }
            long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
            while (fault == Fault.SWALLOWS_INTERRUPTS && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            if (fault == Fault.FAILS_ITS_CALLS) {
                throw new IllegalStateException("The sensor is not there.");
            }
            return ToolResult.of(fault == Fault.ANSWERS_AN_OBJECT ? Path.of(".") : Map.of("humidity", 61L));
        }
    }

    /** The contract, for a provider with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Provider extends ToolProviderContract {

        private final Fault fault;

        Provider(Fault fault) {
            this.fault = fault;
        }

        @Override
        protected ToolProvider provider() {
            return () -> switch (fault) {
                case HAS_NO_TOOLS -> List.of();
                case HAS_TWO_OF_A_NAME -> List.of(new Read(fault), new Read(fault));
                default -> List.of(new Read(fault));
            };
        }

        @Override
        protected List<ToolCall> calls() {
            List<ToolCall> calls = new ArrayList<>();
            for (int i = 0; i < (fault == Fault.SPREADS_CALLS ? 200 : 1); i++) {
                calls.add(new ToolCall("1", "read", Map.of("room", "cellar" + (i % 3))));
            }
            return calls;
        }

        @Override
        protected Duration patience() {
            return Duration.ofSeconds(fault == Fault.SWALLOWS_INTERRUPTS ? 1 : 10);
        }
    }

    /** The contract, for a guard with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Guard extends ToolGuardContract {

        private final Fault fault;
        private int judged;

        Guard(Fault fault) {
            this.fault = fault;
        }

        @Override
        protected ToolGuard guard() {
            return ToolGuard.refusing(this::refuse);
        }

        private Optional<String> refuse(ToolDefinition tool, ToolCall call) {
            while (fault == Fault.NEVER_ENDS && !Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            Object room = call.arguments().get("room");
            if (fault == Fault.THROWS && !(room instanceof String)) {
                throw new IllegalStateException("no room");
            }
            boolean refused = fault == Fault.REFUSES_ALL || (!"cellar".equals(room) && fault != Fault.ALLOWS_ALL);
            if (fault == Fault.CHANGES_ITS_MIND) {
                return refused
                        ? Optional.of("The room " + room + " is locked for the time " + judged++ + ".")
                        : Optional.empty();
            }
            return refused
                    ? Optional.of(
                            fault == Fault.REFUSES_WITHOUT_A_REASON ? "" : "The room is locked: ask for the cellar.")
                    : Optional.empty();
        }

        private static final ToolDefinition READ = new ToolDefinition("read", "Reads the sensor of a room.",
                schema(Fault.NONE));

        @Override
        protected List<Case> allowed() {
            return List.of(new Case(READ, Map.of("room", "cellar")));
        }

        @Override
        protected List<Case> refused() {
            return List.of(new Case(READ, Map.of("room", "vault")));
        }

        @Override
        protected Duration patience() {
            return Duration.ofSeconds(fault == Fault.NEVER_ENDS ? 1 : 10);
        }
    }

    @Test
    void soundOnesPass() {
        ContractRun.all(Provider.class, Fault.NONE).assertSound(6);
        ContractRun.all(Guard.class, Fault.NONE).assertSound(4);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            HAS_NO_TOOLS,              providersHaveNamesAndTools,        tools() is empty
            HAS_TWO_OF_A_NAME,         providersHaveNamesAndTools,        the same name
            SAYS_NOTHING,              definitionsTellAModelWhatToDo,     models go by it
            HAS_AN_ODD_SCHEMA,         definitionsTellAModelWhatToDo,     the type text is not known
            DEMANDS_WHAT_IS_NOT_THERE, definitionsTellAModelWhatToDo,     floor is required
            ANSWERS_NULL,              callsAreAnswered,                  answered by null
            ANSWERS_AN_OBJECT,         callsAreAnswered,                  becomes JSON
            FAILS_ITS_CALLS,           callsAreAnswered,                  throws
            STUMBLES,                  whatDoesNotFitIsTold,              learns nothing
            SPREADS_CALLS,             severalConversationsCallAtOnce,    disturb each other
            SWALLOWS_INTERRUPTS,       anInterruptEndsACall,              it was interrupted
            """)
    void aFaultOfAProviderIsReported(Fault fault, String test, String words) {
        ContractRun.one(Provider.class, fault, test).assertReports(words);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            ALLOWS_ALL,               whatMayNotRunIsRefusedWithTheReason, is allowed
            REFUSES_ALL,              whatMayRunIsAllowed,                 is refused
            THROWS,                   oddCallsAreJudgedToo,                throws
            REFUSES_WITHOUT_A_REASON, whatMayNotRunIsRefusedWithTheReason, sentence
            CHANGES_ITS_MIND,         whatMayNotRunIsRefusedWithTheReason, the second time
            NEVER_ENDS,               whatMayRunIsAllowed,                 come to an end
            """)
    void aFaultOfAGuardIsReported(Fault fault, String test, String words) {
        ContractRun.one(Guard.class, fault, test).assertReports(words);
    }
}
