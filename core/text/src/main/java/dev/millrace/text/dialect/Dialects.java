/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ModelText;
import java.util.Collection;
import java.util.List;

/** The dialects that come with Millrace, and the choice among those there are. */
public final class Dialects {

    private static final System.Logger LOG = System.getLogger(Dialects.class.getName());

    /** The largest match. */
    private static final int CERTAIN = 100;

    private Dialects() {
    }

    /**
     * The built-in dialects; the last one fits every model.
     *
     * @return new instances
     */
    public static List<Dialect> builtIn() {
        return List.of(new Lfm2Dialect(), new HarmonyDialect(), new MistralDialect(), new GraniteDialect(),
                new QwenCoderDialect(),
                new HermesDialect(),
                new LlamaDialect(), new ThinkDialect(), new PlainDialect());
    }

    /**
     * Chooses the dialect of a model: the one whose match is largest. Of equals, one of a plugin comes before the built-in ones,
     * and the one whose id comes first in the alphabet before other plugins. Where none matches, answers are plain text, with
     * thinking if the model's template or vocabulary knows {@code <think>}.
     *
     * @param dialects those there are, for example all services; one that does not answer from 0 to {@value #CERTAIN} is left out
     * @param model what the model brings
     * @return one of them, or a fallback
     */
    public static Dialect choose(Collection<? extends Dialect> dialects, ModelText model) {
        Dialect best = null;
        int most = 0;
        for (Dialect dialect : dialects) {
            int match = dialect.match(model);
            if (match < 0 || match > CERTAIN) {
                LOG.log(System.Logger.Level.WARNING,
                        "The dialect {0} is left out: its match is {1}, and not from 0 to {2}.",
                        dialect.id(), match, CERTAIN);
            } else if (match > most || (best != null && match == most && comesBefore(dialect, best))) {
                most = match;
                best = dialect;
            }
        }
        if (best != null) {
            return best;
        }
        Dialect thinking = new ThinkDialect();
        return thinking.match(model) > 0 ? thinking : new PlainDialect();
    }

    private static boolean comesBefore(Dialect one, Dialect other) {
        if (isBuiltIn(one) || isBuiltIn(other)) {
            return !isBuiltIn(one);
        }
        return one.id().compareTo(other.id()) < 0;
    }

    private static boolean isBuiltIn(Dialect dialect) {
        return dialect.getClass().getPackage().equals(Dialects.class.getPackage());
    }

    /**
     * Whether an answer goes on behind a control token, because the dialect divides the parts of an answer by it. Known for the
     * built-in dialects.
     *
     * @param dialect how answers are written
     * @param spelling how the vocabulary spells the token
     * @return true if the token must not end an answer
     */
    public static boolean dividesAnswers(Dialect dialect, String spelling) {
        return dialect.parser(false) instanceof AnswerParser parser && parser.divides(spelling);
    }
}
