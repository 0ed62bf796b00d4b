/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.openhab.core.voice.text.interpreter.llm;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openhab.core.common.registry.Identifiable;

/** As openHAB has it. */
public interface LLMTool extends Identifiable<String> {

    @Override
    String getUID();

    String getLabel(@Nullable Locale locale);

    String getShortDescription(@Nullable Locale locale);

    String getDescription(@Nullable Locale locale);

    List<LLMToolParam> getParamDescriptions(@Nullable Locale locale);

    String call(Map<String, Object> params, @Nullable Locale locale) throws LLMToolException;
}
