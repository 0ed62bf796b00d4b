/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.answer;

import dev.millrace.api.Tokenizer;
import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import dev.millrace.grammar.vocabulary.TokenTree;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Spellings in which control tokens stand for themselves, where the vocabulary has them as such. */
final class Marks {

    private static final Pattern MAYBE = Pattern.compile("<\\|[^|<>]*\\|>|<[^<>]{1,60}>|\\[[A-Z_/]+\\]");

    private final Tokenizer tokenizer;
    private final Expressions out;

    Marks(Tokenizer tokenizer, Expressions out) {
        this.tokenizer = tokenizer;
        this.out = out;
    }

    /** A text with its control tokens. */
    Expression spell(String text) {
        Expression all = out.epsilon();
        Matcher matcher = MAYBE.matcher(text);
        int at = 0;
        while (matcher.find()) {
            Expression token = control(matcher.group());
            if (token != null) {
                all = out.row(all, out.text(text.substring(at, matcher.start())), token);
                at = matcher.end();
            }
        }
        return out.concat(all, out.text(text.substring(at)));
    }

    /** A token that is named in a grammar, whatever kind it is of. */
    @Nullable
    Expression token(String spelling) {
        Expression control = control(spelling);
        if (control != null) {
            return control;
        }
        return tokenizer.id(spelling).isPresent() ? out.text(spelling) : null;
    }

    private @Nullable Expression control(String spelling) {
        OptionalInt id = tokenizer.id(spelling);
        return id.isPresent() && tokenizer.isControl(id.getAsInt()) ? out.text(TokenTree.control(spelling)) : null;
    }

    /** Whether the vocabulary has the first mark of a spelling as one token. */
    boolean begins(String spelling) {
        Matcher matcher = MAYBE.matcher(spelling);
        return matcher.lookingAt() && tokenizer.id(matcher.group()).isPresent();
    }
}
