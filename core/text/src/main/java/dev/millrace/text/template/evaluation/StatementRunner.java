/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.evaluation;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.syntax.Expression;
import dev.millrace.text.template.syntax.Statement;
import dev.millrace.text.template.syntax.Statement.Branch;
import dev.millrace.text.template.syntax.Statement.MacroCode;
import dev.millrace.text.template.syntax.Statement.Target;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Namespace;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Undefined;
import dev.millrace.text.template.value.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs statements. For one rendering. */
public final class StatementRunner {

    /** How a statement ended. */
    private enum Flow {
        NEXT, BREAK, CONTINUE
    }

    private final Evaluator run;

    public StatementRunner(Evaluator run) {
        this.run = run;
    }

    /** What statements print. */
    public MarkedText capture(List<Statement> body, Scope scope) {
        MarkedText.Builder out = new MarkedText.Builder();
        runAll(body, scope, out);
        return out.build();
    }

    private Flow runAll(List<Statement> body, Scope scope, MarkedText.Builder out) {
        for (Statement statement : body) {
            Flow flow;
            try {
                run.budget().enter();
                flow = run(statement, scope, out);
                run.budget().leave();
            } catch (TemplateException e) {
                throw e.at(statement.line());
            }
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Statement statement, Scope scope, MarkedText.Builder out) {
        switch (statement) {
            case Statement.Text text -> print(text.text(), out);
            case Statement.Print print -> print(Printer.text(run.evaluate(print.value(), scope), run.budget()), out);
            case Statement.If branches -> {
                return branch(branches, scope, out);
            }
            case Statement.For loop -> loop(loop, run.evaluate(loop.over(), scope), 0, scope, out);
            case Statement.Assign assign -> assign(assign.target(), run.evaluate(assign.value(), scope), scope);
            case Statement.Capture capture -> {
                Object value = capture(capture.body(), new Scope(scope));
                assign(capture.target(),
                        capture.filter() == null ? value : run.filtered(capture.filter(), scope, value), scope);
            }
            case Statement.Define define -> scope.set(define.macro().name(), macro(define.macro(), scope));
            case Statement.CallBlock block -> callBlock(block, scope, out);
            case Statement.FilterBlock block -> {
                Object value = run.filtered(block.filter(), scope, capture(block.body(), new Scope(scope)));
                print(Printer.text(value, run.budget()), out);
            }
            case Statement.With with -> {
                Scope inner = new Scope(scope);
                with.bindings()
                        .forEach(binding -> assign(binding.target(), run.evaluate(binding.value(), scope), inner));
                return runAll(with.body(), inner, out);
            }
            case Statement.Scoped scoped -> runAll(scoped.body(), new Scope(scope), out);
            case Statement.Break end -> {
                return Flow.BREAK;
            }
            case Statement.Continue next -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NEXT;
    }

    private void print(MarkedText text, MarkedText.Builder out) {
        run.budget().characters(text.length());
        run.budget().grown((long) out.length() + text.length());
        out.append(text);
    }

    private Flow branch(Statement.If branches, Scope scope, MarkedText.Builder out) {
        for (Branch branch : branches.branches()) {
            if (Values.truth(run.evaluate(branch.test(), scope))) {
                return runAll(branch.body(), scope, out);
            }
        }
        return runAll(branches.otherwise(), scope, out);
    }

    private void loop(Statement.For statement, Object over, int depth, Scope scope, MarkedText.Builder out) {
        List<Object> elements = Values.elements(over, run.budget());
        Expression filter = statement.filter();
        if (filter != null) {
            elements = kept(statement.target(), filter, elements, scope);
        }
        Loop.Recursion recursion = statement.recursive() ? (inner, level) -> {
            MarkedText.Builder text = new MarkedText.Builder();
            run.budget().enter();
            loop(statement, inner, level, scope, text);
            run.budget().leave();
            return text.build();
        } : null;
        Loop loop = new Loop(elements, depth, recursion);
        for (int i = 0; i < elements.size(); i++) {
            loop.at(i);
            Scope inner = new Scope(scope);
            inner.set("loop", loop);
            assign(statement.target(), elements.get(i), inner);
            if (runAll(statement.body(), inner, out) == Flow.BREAK) {
                break;
            }
        }
        if (elements.isEmpty()) {
            runAll(statement.otherwise(), new Scope(scope), out);
        }
    }

    private List<Object> kept(Target target, Expression filter, List<Object> elements, Scope scope) {
        List<Object> kept = new ArrayList<>();
        for (Object element : elements) {
            Scope inner = new Scope(scope);
            assign(target, element, inner);
            if (Values.truth(run.evaluate(filter, inner))) {
                kept.add(element);
            }
        }
        return kept;
    }

    private void assign(Target target, Object value, Scope scope) {
        switch (target) {
            case Target.Variable variable -> scope.set(variable.name(), value);
            case Target.Field field -> {
                if (!(scope.find(field.namespace()) instanceof Namespace namespace)) {
                    throw TemplateException.of("cannot assign attribute on non-namespace object");
                }
                run.budget().elements(1);
                namespace.set(field.name(), value);
            }
            case Target.Unpacked unpacked -> unpack(unpacked.targets(), value, scope);
        }
    }

    private void unpack(List<Target> targets, Object value, Scope scope) {
        if (value instanceof Undefined missing) {
            throw missing.failure();
        }
        List<Object> parts = Values.elements(value, run.budget());
        if (parts.size() != targets.size()) {
            throw TemplateException.of(parts.size() < targets.size()
                    ? "not enough values to unpack (expected " + targets.size() + ", got " + parts.size() + ")"
                    : "too many values to unpack (expected " + targets.size() + ")");
        }
        for (int i = 0; i < targets.size(); i++) {
            assign(targets.get(i), parts.get(i), scope);
        }
    }

    private Macro macro(MacroCode code, Scope scope) {
        return new Macro(code, scope, run, inner -> capture(code.body(), inner));
    }

    private void callBlock(Statement.CallBlock block, Scope scope, MarkedText.Builder out) {
        Object callee = run.evaluate(block.call().callee(), scope);
        Arguments written = run.arguments(block.call().arguments(), scope);
        Map<String, Object> named = new LinkedHashMap<>(written.named());
        @Nullable
        Object before = named.put("caller", macro(block.caller(), scope));
        if (before != null) {
            throw TemplateException.of("keyword argument repeated: caller");
        }
        print(Printer.text(run.call(callee, new Arguments(written.positional(), named)), run.budget()), out);
    }
}
