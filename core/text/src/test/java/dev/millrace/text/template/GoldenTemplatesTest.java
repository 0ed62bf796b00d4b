/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.json.Json;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.limit.TemplateLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Public templates give what transformers gives. */
class GoldenTemplatesTest {

    private static final Pattern ISO = Pattern.compile("(?:Current date|Today's date): (\\d{4}-\\d{2}-\\d{2})");
    private static final Pattern WORDS = Pattern.compile("Today Date: (\\d{2} [A-Z][a-z]{2} \\d{4})");

    @TestFactory
    List<DynamicTest> everyRendering() throws IOException {
        Path golden = Path.of(System.getProperty("millrace.shared", "absent"), "golden");
        assumeTrue(Files.exists(golden.resolve("chat-renderings.json")), "no reference data");
        List<DynamicTest> tests = new ArrayList<>();
        for (Object item : Objects
                .requireNonNull((List<?>) Json.parse(Files.readString(golden.resolve("chat-renderings.json"))))) {
            Map<?, ?> rendering = (Map<?, ?>) item;
            String template = (String) rendering.get("template");
            tests.add(DynamicTest.dynamicTest(template + " " + rendering.get("case"),
                    () -> check(Files.readString(golden.resolve("templates").resolve(template)), rendering)));
        }
        return tests;
    }

    private static void check(String source, Map<?, ?> rendering) {
        @SuppressWarnings("unchecked")
        Map<String, ?> input = (Map<String, ?>) Objects.requireNonNull(rendering.get("input"));
        if (rendering.get("expected") instanceof String expected) {
            ChatTemplate template = ChatTemplate.compile(source, clock(expected), TemplateLimits.DEFAULT);
            assertEquals(expected, template.render(input));
        } else {
            ChatTemplate template = ChatTemplate.compile(source);
            TemplateException e = assertThrows(TemplateException.class, () -> template.render(input));
            assertEquals(rendering.get("error"), e.problem());
        }
    }

    /** A clock that stands at the day on which the reference was made, if the text names one. */
    private static Clock clock(String expected) {
        Matcher iso = ISO.matcher(expected);
        Matcher words = WORDS.matcher(expected);
        LocalDate day = iso.find()
                ? LocalDate.parse(iso.group(1))
                : words.find()
                        ? LocalDate.parse(words.group(1), DateTimeFormatter.ofPattern("dd MMM yyyy", Locale.ENGLISH))
                        : LocalDate.EPOCH;
        return Clock.fixed(day.atTime(12, 0).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
    }
}
