/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.answer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.grammar.schema.Instances;
import dev.millrace.grammar.schema.Walker;
import dev.millrace.spi.text.AnswerForm;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.text.dialect.Dialects;
import dev.millrace.text.dialect.ToolArguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the grammar of calls allows, the parser of the same dialect reads as calls that the schemas of the tools allow. */
class CallsOfDialectsTest {

    private static final int WALKS = 40;
    private static final Set<String> WITHOUT_CALLS = Set.of("think", "plain");

    private static ToolDefinition tool(String name, String schema) {
        @SuppressWarnings("unchecked")
        Map<String, Object> data = (Map<String, Object>) Instances.data(Instances.read(schema));
        return new ToolDefinition(name, "", new LinkedHashMap<>(data));
    }

    static final List<ToolDefinition> TOOLS = List.of(
            tool("set_valve", """
                    {"type":"object","properties":{"valve":{"type":"integer","minimum":1,"maximum":12},
                     "open":{"type":"boolean"},"reason":{"type":"string"}},"required":["valve","open"]}"""),
            tool("read-sensor", """
                    {"type":"object","properties":{"name":{"enum":["kitchen","boiler","it's \\"hot\\""]},
                     "range":{"type":["array","null"],"items":{"type":"number"},"maxItems":3}},"required":["name"]}"""),
            tool("note",
                    """
                            {"type":"object","properties":{"text":{"type":"string","maxLength":40},
                             "tags":{"type":"object","additionalProperties":{"type":"string"}},
                             "place":{"$ref":"#/$defs/place"}},"required":["text"],
                             "$defs":{"place":{"type":"object","properties":{"inside":{"$ref":"#/$defs/place"},"id":{"type":"string",
                             "pattern":"^[a-z]{2,5}-[0-9]+$"}},"required":["id"],"additionalProperties":false}}}"""),
            tool("ping", "{\"type\":\"object\",\"properties\":{}}"));

    @Test
    void parsersReadWhatTheGrammarAllows() {
        for (Dialect dialect : Dialects.builtIn()) {
            if (!WITHOUT_CALLS.contains(dialect.id())) {
                for (AnswerForm.Calls form : form(dialect).calls()) {
                    calls(dialect, form, new ToolChoice(true, ""), Set.of());
                    calls(dialect, form, ToolChoice.named("set_valve"), Set.of());
                    calls(dialect, form, ToolChoice.named("set_valve"), Set.of("set_valve"));
                }
            }
        }
    }

    private static AnswerForm form(Dialect dialect) {
        return dialect.form(token -> true).orElseThrow();
    }

    private void calls(Dialect dialect, AnswerForm.Calls how, ToolChoice choice, Set<String> open) {
        AnswerForm whole = form(dialect);
        AnswerForm form = new AnswerForm("", "", whole.textStart(), whole.marks(), whole.breaks(), List.of(how));
        Walker walker = new Walker(AnswerGrammar.of(
                new AnswerGrammar.Wish(AnswerFormat.TEXT, TOOLS, choice, true, open, form, false), new NoTokens()));
        Random random = new Random(3);
        int seen = 0;
        for (int i = 0; i < WALKS; i++) {
            String text = walker.walk(random, 150);
            if (!text.isEmpty()) {
                List<DialectEvent> events = read(dialect, text);
                if (open.isEmpty()) {
                    check(dialect.id() + ": " + text, events, choice);
                    seen++;
                } else if (events.stream().anyMatch(DialectEvent.CallCompleted.class::isInstance)) {
                    // a grammar does not remember names that nobody listed: some are given twice
                    seen++;
                }
            }
        }
        // arguments that are free go on and on
        assertTrue(seen > (open.isEmpty() ? WALKS / 2 : WALKS / 10), dialect.id() + " ended " + seen + " times");
    }

    private static List<DialectEvent> read(Dialect dialect, String text) {
        List<DialectEvent> events = new ArrayList<>();
        var parser = dialect.parser(false);
        parser.accept(text, events::add);
        parser.finish(events::add);
        return events;
    }

    private static void check(String what, List<DialectEvent> events, ToolChoice choice) {
        int calls = 0;
        for (DialectEvent event : events) {
            assertFalse(event instanceof DialectEvent.Problem, () -> what + " -> " + event);
            if (event instanceof DialectEvent.Text words) {
                assertTrue(words.text().isBlank(), () -> what + " -> " + event);
            }
            if (event instanceof DialectEvent.CallCompleted complete) {
                calls++;
                ToolCall call = complete.call();
                ToolDefinition tool = TOOLS.stream().filter(each -> each.name().equals(call.name())).findFirst()
                        .orElseThrow(() -> new AssertionError(what));
                assertTrue(choice.name().isEmpty() || choice.name().equals(call.name()), what);
                assertTrue(ToolArguments.check(tool, call) instanceof ToolArguments.Accepted accepted
                        && accepted.notes().isEmpty(), () -> what + " -> " + ToolArguments.check(tool, call));
                assertEquals("[]", Instances.judge(Instances.MAPPER.valueToTree(tool.parameters()))
                        .validate(Instances.MAPPER.valueToTree(call.arguments())).toString(), what);
            }
        }
        assertTrue(calls > 0, () -> what + " -> " + events);
    }

    @Test
    void textIsFreeUntilACallBegins() {
        for (Dialect dialect : Dialects.builtIn()) {
            AnswerForm form = form(dialect);
            if (WITHOUT_CALLS.contains(dialect.id()) || form.calls().getFirst().trigger().isEmpty()) {
                continue;
            }
            Walker walker = new Walker(
                    AnswerGrammar.of(new AnswerGrammar.Wish(AnswerFormat.TEXT, TOOLS, ToolChoice.AUTO,
                            true, Set.of(), form, false), new NoTokens()));
            AnswerForm.Calls how = form.calls().getFirst();
            boolean python = how.arguments() == AnswerForm.Arguments.PYTHON;
            String call = how.lead() + how.trigger() + how.open() + how.beforeName() + "set_valve" + how.afterName()
                    + (python ? "valve=3, open=True" : "{\"valve\": 3, \"open\": true}") + how.afterArguments()
                    + how.close();
            String text = form.textStart() + "It is <b>warm</b>, 3 < 4 and [so] on.";
            assertTrue(walker.accepts(text), dialect.id());
            assertEquals(!form.thinkingStart().isEmpty(), walker.accepts(form.thinkingStart() + "Hm { <x>"
                    + form.thinkingEnd() + call), dialect.id());
            assertTrue(walker.accepts(call), () -> dialect.id() + " " + call);
            assertFalse(walker.accepts(call.replace("3", "13")), dialect.id());
            assertFalse(walker.accepts(call.replace("set_valve", "get_valve")), dialect.id());
            assertFalse(walker.accepts(call.substring(0, call.length() - how.close().length() - 1)), dialect.id());
            if (form.textStart().isEmpty()) {
                assertTrue(walker.accepts(text + call + text), dialect.id());
            }
        }
    }
}
