/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ModelText;
import dev.millrace.text.dialect.Dialects;
import dev.millrace.text.dialect.ParsedAnswer;
import dev.millrace.text.template.ChatTemplate;
import dev.millrace.text.template.limit.TemplateException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The forms of Gemma 3, OLMo 2, Llama 2 and Phi-4-mini, written as templates of our own, with what Jinja2 makes of them. */
class FamilyTemplatesTest {

    private static final Map<?, ?> FAMILIES = families();

    private static Map<?, ?> families() {
        try (InputStream in = FamilyTemplatesTest.class.getResourceAsStream("../template/families.json")) {
            return (Map<?, ?>) Objects.requireNonNull(
                    Json.parse(new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String template(String family) {
        Map<?, ?> templates = (Map<?, ?>) Objects.requireNonNull(FAMILIES.get("templates"));
        return (String) Objects.requireNonNull(templates.get(family));
    }

    @TestFactory
    List<DynamicTest> everyRendering() {
        return ((List<?>) Objects.requireNonNull(FAMILIES.get("renderings"))).stream().map(item -> {
            Map<?, ?> rendering = (Map<?, ?>) item;
            String family = (String) Objects.requireNonNull(rendering.get("template"));
            return DynamicTest.dynamicTest(family + " " + rendering.get("case"), () -> {
                @SuppressWarnings("unchecked")
                Map<String, ?> input = (Map<String, ?>) Objects.requireNonNull(rendering.get("input"));
                ChatTemplate template = ChatTemplate.compile(template(family));
                if (rendering.get("expected") instanceof String expected) {
                    assertEquals(expected, template.render(input));
                } else {
                    assertEquals(rendering.get("error"),
                            assertThrows(TemplateException.class, () -> template.render(input)).problem());
                }
            });
        }).toList();
    }

    private static Dialect dialect(String family) {
        // of these vocabularies, only that of Phi-4-mini has tokens for calls
        Predicate<String> tokens = token -> family.equals("phi4mini")
                && List.of("<|tool_call|>", "<|/tool_call|>", "<|tool_response|>").contains(token);
        return Dialects.choose(Dialects.builtIn(), new ModelText(template(family), tokens));
    }

    private static PromptWriter writer(String family) {
        return PromptWriter.of(Optional.of(template(family)), NanoModel.tokenizer(), dialect(family));
    }

    @ParameterizedTest
    @CsvSource({"gemma3, plain", "olmo2, plain", "llama2, plain", "phi4mini, granite"})
    void theDialectIsFound(String family, String id) {
        assertEquals(id, dialect(family).id());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', textBlock = """
            gemma3   ; <BOS><start_of_turn>user~Be brief.~~Hi<end_of_turn>~<start_of_turn>model~Yes?<end_of_turn>~<start_of_turn>user~No.<end_of_turn>~<start_of_turn>model~
            olmo2    ; <BOS><|system|>~Be brief.~<|user|>~Hi~<|assistant|>~Yes?<EOS>~<|user|>~No.~<|assistant|>~
            llama2   ; <BOS>[INST] <<SYS>>~Be brief.~<</SYS>>~~Hi [/INST] Yes? <EOS><BOS>[INST] No. [/INST]
            phi4mini ; <|system|>Be brief.<|end|><|user|>Hi<|end|><|assistant|>Yes?<|end|><|user|>No.<|end|><|assistant|>
            """)
    void aConversationIsWritten(String family, String expected) {
        assertEquals(expected.replace("~", "\n").replace("<BOS>", "<|startoftext|>").replace("<EOS>", "<|im_end|>"),
                writer(family).write(List.of(Message.system("Be brief."), Message.user("Hi"),
                        Message.assistant("Yes?"), Message.user("No.")), List.of(), true).text());
    }

    private static final ToolDefinition TOOL = new ToolDefinition("set_device", "Switch.",
            Map.of("type", "object", "properties", Map.of("on", Map.of("type", "boolean"))));
    private static final String WRITTEN = "[{\"name\": \"set_device\", \"description\": \"Switch.\", \"parameters\": ";

    /** The template reads them from the system message, whether the user has written one or not. */
    @Test
    void toolsOfPhi4MiniStandInTheSystemMessage() {
        PromptWriter writer = writer("phi4mini");
        String with = writer.write(List.of(Message.system("Be brief."), Message.user("On!")), List.of(TOOL), true)
                .text();
        assertTrue(with.startsWith("<|system|>Be brief.<|tool|>" + WRITTEN), with);
        assertTrue(with.endsWith("}]<|/tool|><|end|><|user|>On!<|end|><|assistant|>"), with);
        String without = writer.write(List.of(Message.user("On!")), List.of(TOOL), true).text();
        assertTrue(without.startsWith("<|system|><|tool|>" + WRITTEN), without);
        assertEquals("<|user|>On!<|end|><|assistant|>",
                writer.write(List.of(Message.user("On!")), List.of(), true).text());
    }

    /** As some templates do it: without a system message no tool comes out, so there is one, if need be an empty one. */
    @Test
    void toolsThatNeedASystemMessageGetOne() {
        PromptWriter writer = PromptWriter.of(
                Optional.of("{% if messages[0].role == 'system' %}S{{ messages[0].content }}"
                        + "{% if tools %}T{{ tools[0].function.name }}{% endif %}{% endif %}"
                        + "{% for m in messages if m.role != 'system' %}U{{ m.content | upper }}{% endfor %}"),
                NanoModel.tokenizer(), dialect("gemma3"));
        assertEquals("STset_deviceUON!", writer.write(List.of(Message.user("On!")), List.of(TOOL), true).text());
        assertEquals("SBe brief.Tset_deviceUON!",
                writer.write(List.of(Message.system("Be brief."), Message.user("On!")), List.of(TOOL), true).text());
        assertEquals("UON!", writer.write(List.of(Message.user("On!")), List.of(), true).text());
    }

    /** A call goes into the prompt as the model writes it, and is read back from there. */
    @Test
    void callsOfPhi4MiniAreReadBack() {
        ToolCall call = new ToolCall("1", "set_device", Map.of("on", true));
        String text = writer("phi4mini").write(List.of(Message.user("On!"), Message.assistant("", null, List.of(call)),
                Message.tool("1", "ok")), List.of(TOOL), true).text();
        String asked = "<|user|>On!<|end|><|assistant|>";
        String answer = text.substring(text.indexOf(asked) + asked.length(), text.indexOf("<|end|><|tool|>ok<|end|>"));
        ParsedAnswer parsed = ParsedAnswer.of(dialect("phi4mini"), answer);
        assertEquals(1, parsed.calls().size(), answer);
        assertEquals(call.arguments(), parsed.calls().getFirst().arguments());
        assertEquals("", parsed.content());
    }
}
