/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.syntax;

import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.syntax.Token.Kind;
import java.util.List;

/** Tokens as a parser reads them, with a guard against deep nesting. */
final class TokenStream {

    /** Blocks and expressions may be nested this deep; a parser needs some ten stack frames a level. */
    private static final int MAX_DEPTH = 100;

    private final List<Token> tokens;
    private int at;
    private int depth;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    Token ahead() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(at);
        if (token.kind() != Kind.END) {
            at++;
        }
        return token;
    }

    boolean skip(Kind kind, String text) {
        if (current().is(kind, text)) {
            next();
            return true;
        }
        return false;
    }

    boolean skipOperator(String sign) {
        return skip(Kind.OPERATOR, sign);
    }

    boolean skipName(String word) {
        return skip(Kind.NAME, word);
    }

    void operator(String sign) {
        if (!skipOperator(sign)) {
            throw unexpected("'" + sign + "'");
        }
    }

    String name() {
        return expect(Kind.NAME, "a name").text();
    }

    Token expect(Kind kind, String what) {
        if (current().kind() != kind) {
            throw unexpected(what);
        }
        return next();
    }

    TemplateException unexpected(String expected) {
        return wrong("expected " + expected + " but found " + current().shown());
    }

    TemplateException wrong(String problem) {
        return TemplateException.of(problem, current().line());
    }

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw wrong("it is nested deeper than " + MAX_DEPTH);
        }
    }

    void leave() {
        depth--;
    }
}
