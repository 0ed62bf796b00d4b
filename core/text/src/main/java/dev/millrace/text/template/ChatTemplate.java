/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.evaluation.Evaluator;
import dev.millrace.text.template.evaluation.Scope;
import dev.millrace.text.template.evaluation.StatementRunner;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.limit.TemplateLimits;
import dev.millrace.text.template.syntax.Statement;
import dev.millrace.text.template.syntax.StatementParser;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;

/**
 * A chat template: Jinja2 with the settings, filters and functions that Hugging Face transformers gives it
 * ({@code trim_blocks}, {@code lstrip_blocks}, loop controls, {@code generation} blocks, {@code tojson},
 * {@code strftime_now}, {@code raise_exception}), rendered exactly as there.
 *
 * <p>
 * The template is not trusted: rendering reaches nothing but the variables, and is bound by {@link TemplateLimits}.
 * Immutable; safe for use from any thread.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/">The language</a>
 */
public final class ChatTemplate {

    private final List<Statement> body;
    private final Clock clock;
    private final TemplateLimits limits;

    private ChatTemplate(List<Statement> body, Clock clock, TemplateLimits limits) {
        this.body = body;
        this.clock = clock;
        this.limits = limits;
    }

    /**
     * Reads a template, with the clock of this machine and the default limits.
     *
     * @param source the template
     * @return the template, ready to render
     * @throws TemplateException if it is malformed
     */
    public static ChatTemplate compile(String source) {
        return compile(source, Clock.system(ZoneId.systemDefault()), TemplateLimits.DEFAULT);
    }

    /**
     * Reads a template.
     *
     * @param source the template
     * @param clock what {@code strftime_now} sees
     * @param limits what one rendering may use
     * @return the template, ready to render
     * @throws TemplateException if it is malformed
     */
    public static ChatTemplate compile(String source, Clock clock, TemplateLimits limits) {
        try {
            return new ChatTemplate(StatementParser.parse(source), clock, limits);
        } catch (StackOverflowError e) {
            throw tooDeep();
        }
    }

    /**
     * Renders the template.
     *
     * @param variables name to value: {@code String}, {@link MarkedText}, {@code Boolean}, whole numbers, {@code Double},
     *            {@code null}, {@code List} and {@code Map} of these
     * @return the text
     * @throws TemplateException if the template fails, refuses the variables or exceeds a limit
     */
    public String render(Map<String, ?> variables) {
        return renderMarked(variables).text();
    }

    /**
     * Renders the template and keeps apart what the template wrote and what the variables brought. A {@code String} among the
     * variables is data and stays inert through whatever the template does with it; a {@link MarkedText} has the marks that
     * it has. Where a filter rewrites a text in which both are mixed, the whole result is inert.
     *
     * @param variables as for {@link #render}
     * @return the text with its inert ranges
     * @throws TemplateException if the template fails, refuses the variables or exceeds a limit
     */
    public MarkedText renderMarked(Map<String, ?> variables) {
        Evaluator evaluator = new Evaluator(new Budget(limits), clock);
        try {
            Scope scope = new Scope(null);
            variables.forEach((name, value) -> scope.set(name, Data.value(value)));
            return new StatementRunner(evaluator).capture(body, scope);
        } catch (StackOverflowError e) {
            // the limits fit a stack of usual size; how much of it the caller has left, nobody can know
            throw tooDeep();
        }
    }

    private static TemplateException tooDeep() {
        return TemplateException.of("it is nested deeper than this thread's stack allows");
    }
}
