/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar;

import dev.millrace.api.AnswerFormat;
import dev.millrace.json.Json;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.tck.SamplerStageContract;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of all sampler stages, for each kind of format. */
@ParameterizedClass
@MethodSource("formats")
class GrammarContractTest extends SamplerStageContract {

    private final AnswerFormat format;
    private final GrammarStages stages = new GrammarStages();

    GrammarContractTest(AnswerFormat format) {
        this.format = format;
    }

    static Stream<AnswerFormat> formats() {
        return Stream.of(new AnswerFormat.Pattern("[a-z]{1,6}"), new AnswerFormat.Grammar("root ::= [0-9]+ \"%\""),
                new AnswerFormat.JsonSchema(Map.of("type", "object", "properties",
                        Map.of("open", Map.of("type", "boolean")), "required", List.of("open"), "additionalProperties",
                        false)));
    }

    @Override
    protected SamplerStage.Factory factory() {
        return stages;
    }

    @Override
    protected AnswerFormat format() {
        return format;
    }

    @Override
    protected boolean hasFormat(String answer) {
        return switch (format) {
            case AnswerFormat.Pattern p -> answer.matches(p.regex());
            case AnswerFormat.Grammar g -> answer.matches("[0-9]+%");
            default ->
                Json.parse(answer) instanceof Map<?, ?> map && map.size() == 1 && map.get("open") instanceof Boolean;
        };
    }
}
