/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.limit.TemplateLimits;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a template is, it renders or fails with its own exception, in bounded time and memory. */
class HostileTemplateTest {

    private static final int ROUNDS = 20_000;
    private static final TemplateLimits SMALL = new TemplateLimits(100_000, 100_000, 2_000_000, 300,
            Duration.ofSeconds(2));

    @ParameterizedTest
    @ValueSource(strings = {
            "{{ 'a' * 10**9 }}", "{{ [1] * 10**9 }}", "{{ range(10**12) }}", "{{ 9**9**9**9**9 }}", "{{ 2**100000 }}",
            "{{ 10**5000 // 3 }}",
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f('a') }}",
            "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
            "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
            "{% set n = namespace(x=[]) %}{% for i in range(5000) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}",
            "{% set n = namespace(x=[]) %}{% for i in range(5000) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x | tojson }}",
            "{% set n = namespace(x=[], y=[]) %}{% for i in range(5000) %}{% set n.x = [n.x] %}{% set n.y = [n.y] %}{% endfor %}{{ n.x == n.y }}",
            "{% set n = namespace(x=[1]) %}{% for i in range(70) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
            "{% set n = namespace(x=[1], y=[1]) %}{% for i in range(70) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}{{ n.x == n.y }}",
            "{% set n = namespace(x=(1,)) %}{% for i in range(70) %}{% set n.x = (n.x, n.x) %}{% endfor %}{{ {n.x: 1} }}",
            "{% set n = namespace(x=[1]) %}{% for i in range(70) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ {n.x.index: 1} }}",
            "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
            "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x.replace('a', 'aa') %}{% endfor %}",
            "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x | tojson %}{% endfor %}",
            "{% set a = 'a' * 4000000 %}{{ (a + 'b') * 2 in a ~ a }}", "{{ '%999999999d' % 1 }}",
            "{{ '%.9999999f' % 1.5 }}", "{{ '{:999999999}'.format(1) }}",
            "{{ '{:9999999}'.format('x') * 100 }}", "{{ 'x'.center(10**9) }}", "{{ 'x'.zfill(10**9) }}",
            "{{ 'x'.ljust(10**12) }}",
            "{{ '\\t\\t\\t\\t'.expandtabs(10**9) }}", "{{ 'a\\nb' | indent(10**9) }}",
            "{{ [1] | batch(10**9, 'x') | list }}",
            "{{ [1] | slice(10**9) | list }}", "{{ [[]] | tojson(indent=10**9) }}", "{{ '\\U00110000' }}",
            "{{ '\\ud800' | urlencode }}{{ 1 // 0 }}",
            "{% set n = namespace(x=range(99999)) %}{% for i in range(99999) %}{% set n.x = n.x | list %}{% endfor %}",
            "{% for i in range(99999) %}{{ 'abcdefghij' * 1000 }}{% endfor %}"})
    void attacksFailInTime(String source) {
        assertThrows(TemplateException.class, () -> ChatTemplate.compile(source).render(Map.of()));
    }

    @Test
    void deepSourceIsRefusedOrRendered() throws InterruptedException {
        List<String> nests = List.of("(", "[", "{1:", "not ", "-", "a.b", "a[", "a(", "a|b(", "1 if 1 else ", "1 + ",
                "1 ~ ", "1 and ", "1 < ", "a is b ", "2 ** ",
                "a if b ", "x|upper|", "a[1:", "'a' ");
        for (String nest : nests) {
            for (int times : new int[]{50, 95, 1000, 100_000}) {
                survives("{{ " + nest.repeat(times) + "1 }}", Map.of());
            }
        }
        for (String tag : List.of("{% if 1 %}", "{% for a in b %}", "{% set x %}", "{% macro m() %}",
                "{% filter upper %}", "{% call m() %}",
                "{% if 1 %}{% elif 1 %}", "{% raw %}", "{# ", "{% with %}", "{% generation %}", "{% set a.b = 1 %}",
                "{% set (", "{% for (")) {
            for (int times : new int[]{50, 95, 1000, 20_000}) {
                survives(tag.repeat(times), Map.of());
            }
        }
        String closed = "{% if 1 %}".repeat(80) + "{{ " + "(".repeat(9) + "1" + ")".repeat(9) + " }}"
                + "{% endif %}".repeat(80);
        assertEquals("1", ChatTemplate.compile(closed).render(Map.of()));
    }

    @Test
    void smallStacksGiveTheSameException() throws InterruptedException {
        AtomicReference<Throwable> seen = new AtomicReference<>();
        String body = "{% if n %}{% for i in [1] %}{% if true %}{{ (f(n - 1) ~ '') | upper | lower }}{% endif %}{% endfor %}{% endif %}";
        ChatTemplate template = ChatTemplate.compile("{% macro f(n) %}" + body + "{% endmacro %}{{ f(100000) }}");
        for (long stack : new long[]{128 << 10, 256 << 10, 512 << 10, 1 << 20}) {
            Thread thread = new Thread(null, () -> {
                try {
                    template.render(Map.of());
                } catch (TemplateException e) {
                    seen.set(e);
                }
            }, "small-stack", stack);
            thread.start();
            thread.join();
            assertTrue(String.valueOf(Objects.requireNonNull(seen.getAndSet(null)).getMessage())
                    .contains("nested deeper"));
        }
    }

    @Test
    void dataMayBeHostileToo() {
        Map<String, Object> cycle = new HashMap<>();
        cycle.put("self", cycle);
        assertThrows(TemplateException.class, () -> ChatTemplate.compile("{{ x }}").render(Map.of("x", cycle)));
        Object deep = List.of();
        for (int i = 0; i < 10_000; i++) {
            deep = List.of(deep);
        }
        Object nested = deep;
        assertThrows(TemplateException.class, () -> ChatTemplate.compile("{{ x }}").render(Map.of("x", nested)));
        assertEquals("\ud800", ChatTemplate.compile("{{ x[0] }}").render(Map.of("x", "\ud800x")));
    }

    @Test
    void mutatedAndRandomTemplatesNeverCrash() throws IOException {
        Random random = new Random(20260101);
        List<String> seeds = seeds();
        String[] words = vocabulary(seeds);
        Map<String, ?> variables = conversation();
        for (int i = 0; i < ROUNDS; i++) {
            String source = i % 3 == 0
                    ? soup(words, random)
                    : mutated(seeds.get(random.nextInt(seeds.size())), words, random);
            survives(source, variables);
        }
    }

    private static void survives(String source, Map<String, ?> variables) {
        try {
            ChatTemplate.compile(source, Clock.systemUTC(), SMALL).render(variables);
        } catch (TemplateException e) {
            assertTrue(e.line() >= 0 && !e.problem().isEmpty());
        } catch (RuntimeException | StackOverflowError e) {
            throw new AssertionError(source.length() > 2000 ? source.substring(0, 2000) : source, e);
        }
    }

    private static List<String> seeds() throws IOException {
        List<String> seeds = new ArrayList<>();
        seeds.add(TestData.resource("../prompt/nano.jinja"));
        for (Object item : (List<?>) Objects.requireNonNull(TestData.language().get("cases"))) {
            seeds.add((String) Objects.requireNonNull(((List<?>) item).getFirst()));
        }
        Path templates = Path.of(System.getProperty("millrace.shared", "absent"), "golden", "templates");
        if (Files.isDirectory(templates)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(templates, "*.jinja")) {
                for (Path file : files) {
                    seeds.add(Files.readString(file));
                }
            }
        }
        return seeds;
    }

    private static String[] vocabulary(List<String> seeds) {
        return String.join(" ", seeds).split("(?<=\\W)|(?=\\W)", -1);
    }

    private static String soup(String[] words, Random random) {
        StringBuilder out = new StringBuilder("{{ ");
        int length = random.nextInt(12);
        for (int i = 0; i < length; i++) {
            out.append(words[random.nextInt(words.length)]).append(random.nextBoolean() ? " " : "");
        }
        return out.append(" }}").toString();
    }

    private static String mutated(String seed, String[] words, Random random) {
        StringBuilder out = new StringBuilder(seed);
        for (int n = random.nextInt(4); n >= 0 && !out.isEmpty(); n--) {
            int at = random.nextInt(out.length());
            int end = Math.min(out.length(), at + random.nextInt(8));
            switch (random.nextInt(4)) {
                case 0 -> out.delete(at, end);
                case 1 -> out.insert(at, words[random.nextInt(words.length)]);
                case 2 -> out.replace(at, end, words[random.nextInt(words.length)]);
                default -> out.insert(at, out.substring(at, end));
            }
        }
        return out.toString();
    }

    private static Map<String, ?> conversation() {
        Map<String, Object> variables = new HashMap<>(TestData.variables());
        variables.put("messages",
                List.of(Map.of("role", "system", "content", "Be brief."), Map.of("role", "user", "content", "Hi"),
                        Map.of("role", "assistant", "content", "", "thinking", "Well.", "tool_calls",
                                List.of(Map.of("id", "a12345678", "type", "function", "function",
                                        Map.of("name", "f", "arguments", Map.of("a", 1L))))),
                        Map.of("role", "tool", "content", "{}", "name", "f", "tool_call_id", "a12345678")));
        variables.put("tools",
                List.of(Map.of("type", "function", "function", Map.of("name", "f", "description", "Does.", "parameters",
                        Map.of("type", "object", "properties", Map.of("a", Map.of("type", "integer")))))));
        variables.put("add_generation_prompt", true);
        variables.put("bos_token", "<s>");
        return variables;
    }
}
