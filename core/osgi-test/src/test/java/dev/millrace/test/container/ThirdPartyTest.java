/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Device;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Sampling;
import dev.millrace.test.House;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;

/** A model family and a backend of others, each one class in a bundle of its own, are picked up and used. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class ThirdPartyTest {

    private static final String BROOK = "dev.millrace.test.brook";
    private static final String BIGRAM = "dev.millrace.test.bigram";
    /** What brook calls a tensor, and what Llama does. */
    private static final Map<String, String> LLAMA_NAMES = Map.ofEntries(Map.entry("embed", "model.embed_tokens"),
            Map.entry("head", "lm_head"), Map.entry("norm", "model.norm"), Map.entry("q", "self_attn.q_proj"),
            Map.entry("k", "self_attn.k_proj"), Map.entry("v", "self_attn.v_proj"), Map.entry("o", "self_attn.o_proj"),
            Map.entry("gate", "mlp.gate_proj"), Map.entry("up", "mlp.up_proj"), Map.entry("down", "mlp.down_proj"),
            Map.entry("norm1", "input_layernorm"), Map.entry("norm2", "post_attention_layernorm"));

    private final BundleContext context;
    private final Millrace millrace;
    @TempDir
    private Path temp;

    ThirdPartyTest(@InjectBundleContext BundleContext context, @InjectService(timeout = 10_000) Millrace millrace) {
        this.context = context;
        this.millrace = millrace;
    }

    private Bundle bundle(String name) {
        return Arrays.stream(context.getBundles()).filter(bundle -> name.equals(bundle.getSymbolicName())).findFirst()
                .orElseThrow();
    }

    private String brook(int layers) throws IOException {
        return LetterFolder.write(temp.resolve("brook" + layers), "brook", UnaryOperator.identity(), layers).toString();
    }

    private String llama(int layers) throws IOException {
        return LetterFolder.write(temp.resolve("llama" + layers), "llama", name -> {
            int dot = name.lastIndexOf('.') + 1;
            return (dot == 0 ? "" : "model.") + name.substring(0, dot) + LLAMA_NAMES.get(name.substring(dot))
                    + ".weight";
        }, layers).toString();
    }

    private static Answer answer(Model model, String prompt) {
        try (Conversation conversation = model.conversation().sampling(Sampling.greedy()).maxTokens(40).start();
                Generation generation = conversation.send(prompt)) {
            return generation.answer();
        }
    }

    private Answer answer(String folder, String backend, String prompt) {
        try (Model model = millrace.open(folder, House.MODEL_OPTIONS.withBackend(backend))) {
            assertEquals(backend, model.device().backend());
            return answer(model, prompt);
        }
    }

    @Test
    void aFamilyOfOthersGivesTheSameModelAsOneThatIsKnown() throws IOException {
        Answer brook = answer(brook(1), "cpu", "w");
        Answer llama = answer(llama(1), "cpu", "w");
        assertEquals(llama.text(), brook.text());
        assertEquals(llama.usage(), brook.usage());
        assertFalse(brook.text().isEmpty());
        // the layer counts: without it the model would have written this
        assertNotEquals("xyz", brook.text());
    }

    @Test
    void aBackendOfOthersAnswers() throws IOException {
        assertTrue(millrace.devices().stream().map(Device::id).toList().contains("bigram:0"));
        Answer answer = answer(brook(0), "bigram", "c");
        assertEquals("defghijklmnopqrstuvwxyz", answer.text());
        assertEquals(24, answer.usage().completionTokens());
        assertEquals(answer.text(), answer(brook(0), "cpu", "c").text());
    }

    @Test
    void modelsMoveToABackendOfOthersAndBack() throws IOException {
        try (Model model = millrace.open(brook(0))) {
            assertEquals("cpu", model.device().backend());
            model.moveTo("bigram:0");
            assertEquals("bigram:0", model.device().id());
            assertEquals("uvwxyz", answer(model, "t").text());
            model.moveTo("cpu");
            assertEquals("uvwxyz", answer(model, "t").text());
        }
    }

    @Test
    void whatTheBackendDoesNotComputeIsRefusedByName() throws IOException {
        String folder = brook(1);
        BackendException refused = assertThrows(BackendException.class,
                () -> millrace.open(folder, House.MODEL_OPTIONS.withBackend("bigram")));
        assertEquals("No backend can run this model. bigram:0: This brook model needs attention, SwiGLU,"
                + " which the bigram backend does not compute.", refused.getMessage());
    }

    @Test
    void bothLeaveWithTheirBundles() throws IOException, BundleException {
        String folder = brook(0);
        bundle(BIGRAM).stop();
        try {
            assertFalse(millrace.devices().stream().map(Device::id).toList().contains("bigram:0"));
        } finally {
            bundle(BIGRAM).start();
        }
        bundle(BROOK).stop();
        try {
            ModelFormatException unknown = assertThrows(ModelFormatException.class, () -> millrace.open(folder));
            assertTrue(unknown.getMessage().contains("brook, a family that is not known"), unknown.getMessage());
        } finally {
            bundle(BROOK).start();
        }
        assertEquals("xyz", answer(folder, "bigram", "w").text());
    }

    @ParameterizedTest
    @ValueSource(strings = {BROOK, BIGRAM})
    void oneClassKnowsTheContractsAlone(String name) {
        Bundle bundle = bundle(name);
        Set<String> imported = bundle.adapt(BundleWiring.class).getRequiredWires(PackageNamespace.PACKAGE_NAMESPACE)
                .stream().map(wire -> (String) wire.getCapability().getAttributes()
                        .get(PackageNamespace.PACKAGE_NAMESPACE))
                .filter(wired -> !wired.startsWith("java.")).collect(Collectors.toCollection(TreeSet::new));
        assertFalse(imported.isEmpty());
        assertTrue(imported.stream()
                .allMatch(wired -> wired.equals("dev.millrace.api") || wired.startsWith("dev.millrace.spi.")),
                imported::toString);
        assertNull(bundle.getHeaders("").get(Constants.REQUIRE_BUNDLE));
        assertNull(bundle.getHeaders("").get(Constants.DYNAMICIMPORT_PACKAGE));
        List<String> classes = Collections.list(bundle.findEntries("/", "*.class", true)).stream().map(URL::getPath)
                .filter(path -> !path.contains("$") && !path.endsWith("package-info.class")).toList();
        assertEquals(1, classes.size(), classes::toString);
    }
}
