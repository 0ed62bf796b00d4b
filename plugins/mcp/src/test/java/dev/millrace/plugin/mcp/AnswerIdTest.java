/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.plugin.mcp.rpc.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of an answer that cannot be read is still understood: to which request it belongs. */
class AnswerIdTest {

    private static String found(String text) {
        return Message.answered(text).map(Object::toString).orElse("-");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"jsonrpc":"2.0","id":7,"result":5}               | 7
            {"result":{"id":8,"a":[{"id":9}]},"id":7}         | 7
            {"id":"seven","result":{"a":1,"a":2}}             | "seven"
            {"id":7,"method":"ping"}                          | -
            {"method":"ping","id":7}                          | -
            {"id":7,"id":8,"result":{}}                       | -
            {"id":null,"error":{}}                            | -
            {"id":7.5,"result":{}}                            | -
            {"id":99999999999999999999,"result":{}}           | -
            {"id":7,"result":{                                | 7
            {"id":7,"error":{"a":nonsense}}                   | 7
            {"id":7,"params":nonsense}                        | -
            {"id":7,                                          | -
            {"result":{"a":NaN,"b":-Infinity,"c":"\\d"},"id":7} | 7
            [{"id":7,"result":{}}]                            | -
            7                                                 | -
            Starting up...                                    | -
            """)
    void theIdIsFound(String text, String id) {
        assertEquals(id, found(text));
    }

    @Test
    void howeverDeepItIs() {
        String deep = "[".repeat(200_000) + "]".repeat(200_000);
        assertEquals("7", found("{\"result\":" + deep + ",\"id\":7}"));
        assertEquals("-", found(""));
    }
}
