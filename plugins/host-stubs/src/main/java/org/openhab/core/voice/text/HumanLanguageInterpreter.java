/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.voice.text;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** As openHAB has it; what its defaults do is left out. */
public interface HumanLanguageInterpreter {

    String getId();

    String getLabel(@Nullable Locale locale);

    String interpret(Locale locale, String text) throws InterpretationException;

    default String interpret(Locale locale, InterpreterContext context) throws InterpretationException {
        throw new InterpretationException("left out");
    }

    @Nullable
    String getGrammar(Locale locale, String format);

    Set<Locale> getSupportedLocales();

    Set<String> getSupportedGrammarFormats();
}
