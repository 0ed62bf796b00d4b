/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.limit.TemplateLimits;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class TemplateLanguageTest {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-06T09:05:03.000123Z"), ZoneOffset.UTC);

    /** Small templates of our own with what Jinja2 3.1.6, set up as transformers does it, makes of them; null is a failure. */
    @TestFactory
    List<DynamicTest> everyCaseAsJinja2() {
        Map<?, ?> language = TestData.language();
        Map<String, ?> variables = TestData.variables();
        return ((List<?>) Objects.requireNonNull(language.get("cases"))).stream().map(item -> {
            List<?> pair = (List<?>) item;
            String source = (String) pair.get(0);
            return DynamicTest.dynamicTest("<" + source + ">", () -> {
                if (pair.get(1) == null) {
                    assertThrows(TemplateException.class, () -> render(source, variables));
                } else {
                    assertEquals(pair.get(1), render(source, variables));
                }
            });
        }).toList();
    }

    private static String render(String source, Map<String, ?> variables) {
        return ChatTemplate.compile(source, CLOCK, TemplateLimits.DEFAULT).render(variables);
    }

    private static TemplateException failure(String source) {
        return assertThrows(TemplateException.class, () -> ChatTemplate.compile(source).render(Map.of()));
    }

    @Test
    void failuresNameTheLine() {
        TemplateException e = failure("a\n{% if true %}\n{{ x.y }}{% endif %}");
        assertEquals(3, e.line());
        assertEquals("'x' is undefined", e.problem());
        assertEquals("The chat template fails in line 3: 'x' is undefined.", e.getMessage());
        assertFalse(e.refusal());
        assertEquals(2, failure("a\n{{ ( }}").line());
        assertEquals(4, failure("{#\n\n#}\n{% nothing %}").line());
    }

    @Test
    void refusalsAreTheTemplatesOwnWords() {
        TemplateException e = failure("\n{{ raise_exception('Roles must alternate') }}");
        assertTrue(e.refusal());
        assertEquals("Roles must alternate", e.getMessage());
        assertEquals(2, e.line());
    }

    @Test
    void dataOfOtherKindsIsRefused() {
        TemplateException e = assertThrows(TemplateException.class,
                () -> ChatTemplate.compile("{{ x }}").render(Map.of("x", new Object())));
        assertEquals("its data has a java.lang.Object, which is not plain data", e.problem());
    }

    @Test
    void javaIsOutOfReach() {
        for (String path : List.of("class", "getClass()", "hashCode()", "text", "bytes", "length()",
                "__class__.__mro__")) {
            TemplateException e = assertThrows(TemplateException.class,
                    () -> ChatTemplate.compile("{{ x." + path + ".y }}").render(Map.of("x", "text")));
            assertTrue(e.problem().startsWith("'str object' has no attribute") || e.problem().contains("unsafe"),
                    e.problem());
        }
    }

    @Test
    void aTemplateServesManyThreads() throws InterruptedException {
        ChatTemplate template = ChatTemplate.compile(
                "{% set ns = namespace(n=0) %}{% for i in range(n) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}");
        String[] results = new String[8];
        Thread[] threads = new Thread[results.length];
        for (int i = 0; i < threads.length; i++) {
            int n = i;
            threads[i] = Thread.ofVirtual().start(() -> results[n] = template.render(Map.of("n", 1000L + n)));
        }
        for (int i = 0; i < threads.length; i++) {
            threads[i].join();
            assertEquals(Long.toString((1000L + i) * (999L + i) / 2), results[i]);
        }
    }
}
