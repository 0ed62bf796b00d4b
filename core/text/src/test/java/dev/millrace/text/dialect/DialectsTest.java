/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ModelText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DialectsTest {

    @ParameterizedTest
    @CsvSource(delimiter = ';', nullValues = "-", quoteCharacter = '`', textBlock = """
            {{ '<|tool_call_start|>[' }};                   -;                                      lfm2
            List of tools: [;                               <|tool_call_start|> <|tool_call_end|>;  lfm2
            <tool_call> {{ x }} </tool_call> <think>;       <think> <tool_call>;                    hermes
            <tool_call> <function=x> <parameter=y>;         <think> <tool_call>;                    qwen-coder
            <|start_header_id|> {% if tools %};             <|python_tag|>;                         llama
            <|start_header_id|> <tool_call>;                <|python_tag|>;                         hermes
            {{ '<|tool_call|>' + tools }};                  -;                                      granite
            {{ message.content }};                          <|tool_call|> <|/tool_call|>;           granite
            [AVAILABLE_TOOLS] [TOOL_CALLS];                 [TOOL_CALLS];                           mistral
            <|start|>assistant<|channel|>final<|message|>;  -;                                      harmony
            {{ content.split('</think>')[-1] }};            -;                                      think
            -;                                              <think>;                                think
            {{ message.content }};                          <|im_start|>;                           plain
            """)
    void choosesByTemplateAndVocabulary(@Nullable String template, @Nullable String tokens, String id) {
        ModelText model = new ModelText(template == null ? "" : template,
                tokens == null ? token -> false : Set.of(tokens.split(" ", -1))::contains);
        assertEquals(id, Dialects.choose(Dialects.builtIn(), model).id());
    }

    @Test
    void fallsBackWhereNothingMatches() {
        assertEquals("plain", Dialects.choose(List.of(), new ModelText("", token -> false)).id());
        assertEquals("think", Dialects.choose(List.of(), new ModelText("", "<think>"::equals)).id());
    }

    @Test
    void areServices() {
        assertEquals(Dialects.builtIn().stream().map(Dialect::getClass).toList(),
                ServiceLoader.load(Dialect.class).stream().map(ServiceLoader.Provider::type).toList());
    }

    @ParameterizedTest
    @CsvSource({"LFM2-8B-A1B, lfm2", "LFM2.5-8B-A1B, lfm2", "LFM2.5-finetune, lfm2", "Qwen-Qwen3-0.6B, hermes",
            "Qwen-Qwen2.5-7B-Instruct, hermes", "NousResearch-Hermes-3-Llama-3.1-8B-tool_use, hermes",
            "ibm-granite-granite-4.0, hermes", "meta-llama-Llama-3.1-8B-Instruct, llama",
            "meta-llama-Llama-3.2-3B-Instruct, llama", "mistralai-Mistral-Nemo-Instruct-2407, mistral",
            "openai-gpt-oss-120b, harmony", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B, think",
            "google-gemma-2-2b-it, plain", "microsoft-Phi-3.5-mini-instruct, plain"})
    void knowsPublicTemplates(String model, String id) throws IOException {
        Path file = Path.of(System.getProperty("millrace.shared", ""), "golden", "templates", model + ".jinja");
        assumeTrue(Files.isRegularFile(file), "no reference data");
        ModelText text = new ModelText(Files.readString(file), token -> false);
        assertEquals(id, Dialects.choose(Dialects.builtIn(), text).id());
    }

    /** A dialect of another package, as a plugin's is. */
    private static Dialect plugin(String id, int match) {
        return (Dialect) Proxy.newProxyInstance(Dialect.class.getClassLoader(), new Class<?>[]{Dialect.class},
                (proxy, method, arguments) -> method.getName().equals("id") ? id : match);
    }

    @Test
    void aPluginComesBeforeABuiltInOneThatMatchesAsWell() {
        ModelText model = new ModelText("", "<think>"::equals);
        int most = new ThinkDialect().match(model);
        List<Dialect> all = new ArrayList<>(Dialects.builtIn());
        all.add(plugin("b", most));
        all.addFirst(plugin("c", most));
        assertEquals("b", Dialects.choose(all, model).id());
        all.add(plugin("a", most));
        assertEquals("a", Dialects.choose(all, model).id());
        assertEquals("a", Dialects.choose(all.reversed(), model).id());
    }

    @Test
    void aMatchThatTheContractDoesNotKnowDoesNotCount() {
        ModelText model = new ModelText("", "<think>"::equals);
        List<Dialect> all = List.of(plugin("over", 101), plugin("under", -1), new ThinkDialect());
        assertEquals("think", Dialects.choose(all, model).id());
    }
}
