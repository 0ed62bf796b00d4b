/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ModelText;
import dev.millrace.tck.DialectContract;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of all dialects, for each built-in one. */
@ParameterizedClass
@MethodSource("families")
class DialectContractTest extends DialectContract {

    /** What is written in a dialect. */
    record Family(Dialect dialect, String template, Set<String> marks, List<String> answers) {

        @Override
        public String toString() {
            return dialect.id();
        }
    }

    private final Family family;

    DialectContractTest(Family family) {
        this.family = family;
    }

    static Stream<Family> families() {
        return Stream.of(
                new Family(new Lfm2Dialect(), "<|tool_call_start|>",
                        Set.of("<think>", "</think>", "<|tool_call_start|>", "<|tool_call_end|>"),
                        List.of("<think>Hm.</think>Reading.<|tool_call_start|>[read(room='cellar'), open(valve=2)]"
                                + "<|tool_call_end|>", "<|tool_call_start|>[{\"name\": \"f\", \"arguments\": {}}]")),
                new Family(new HarmonyDialect(), "<|channel|>",
                        Set.of("<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>"),
                        List.of("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary"
                                + " to=functions.read <|constrain|>json<|message|>{\"room\": \"cellar\"}<|call|>",
                                "<|channel|>final<|message|>Done.<|return|>")),
                new Family(new MistralDialect(), "[TOOL_CALLS]", Set.of("[THINK]", "[/THINK]", "[TOOL_CALLS]"),
                        List.of("[THINK]Hm.[/THINK]Reading.[TOOL_CALLS] [{\"name\": \"read\", \"arguments\":"
                                + " {\"room\": \"cellar\"}, \"id\": \"aBcDeFgHi\"}]",
                                "[TOOL_CALLS]read[ARGS]{\"room\": \"cellar\"}[TOOL_CALLS]open[ARGS]{\"valve\": 2}")),
                new Family(new GraniteDialect(), "<|tool_call|>",
                        Set.of("<think>", "</think>", "<|tool_call|>", "<|/tool_call|>"),
                        List.of("<think>Hm.</think>Reading.<|tool_call|>[{\"name\": \"read\", \"arguments\":"
                                + " {\"room\": \"cellar\"}}]",
                                "<|tool_call|>[{\"name\": \"f\", \"arguments\": {}}]"
                                        + "<|/tool_call|>")),
                new Family(new QwenCoderDialect(), "<tool_call> <function= <parameter=",
                        Set.of("<think>", "</think>", "<tool_call>", "</tool_call>"),
                        List.of("<think>\nHm.\n</think>\n\nReading.\n<tool_call>\n<function=read>\n<parameter=room>\n"
                                + "cellar\n</parameter>\n</function>\n</tool_call>")),
                new Family(new HermesDialect(), "<tool_call>",
                        Set.of("<think>", "</think>", "<tool_call>", "</tool_call>"),
                        List.of("<think>\nHm.\n</think>\n\nReading.\n<tool_call>\n{\"name\": \"read\", \"arguments\":"
                                + " {\"room\": \"cellar\"}}\n</tool_call>")),
                new Family(new LlamaDialect(), "<|start_header_id|> tools",
                        Set.of("<think>", "</think>", "<|python_tag|>", "<|eom_id|>", "<|eot_id|>"),
                        List.of("<|python_tag|>{\"name\": \"read\", \"parameters\": {\"room\": \"cellar\"}}<|eom_id|>",
                                "{\"name\": \"read\", \"parameters\": {\"room\": \"cellar\"}}",
                                "{\"name\": \"Ada\", \"born\": 1815}")),
                new Family(new ThinkDialect(), "</think>", Set.of("<think>", "</think>"),
                        List.of("<think>\nHm.\n</think>\n\nReading.")),
                new Family(new PlainDialect(), "", Set.of(), List.of("Reading.", "<b>No</b> marks.\n")));
    }

    @Test
    void everyBuiltInDialectIsTested() {
        assertEquals(Dialects.builtIn().stream().map(Dialect::id).toList(),
                families().map(Family::toString).toList());
    }

    @Override
    protected Dialect dialect() {
        return family.dialect;
    }

    @Override
    protected ModelText model() {
        return new ModelText(family.template, token -> false);
    }

    @Override
    protected List<String> answers() {
        return family.answers;
    }

    @Override
    protected Set<String> marks() {
        return family.marks;
    }

    @Override
    protected boolean readsCalls() {
        return !(family.dialect instanceof ThinkDialect || family.dialect instanceof PlainDialect);
    }
}
