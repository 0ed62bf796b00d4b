/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;

/**
 * The formats of strings and numbers that are enforced, as regular expressions. Each matches valid texts alone; of some formats
 * with rare forms it matches the usual ones.
 *
 * @see <a href="https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3">JSON Schema, validation: formats</a>
 */
final class Formats {

    private static final String YEAR = "[0-9]{4}";
    private static final String LEAP_YEAR = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)";
    private static final String DATE = "(" + YEAR + "-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|" + YEAR
            + "-(0[469]|11)-(0[1-9]|[12][0-9]|30)|" + YEAR + "-02-(0[1-9]|1[0-9]|2[0-8])|" + LEAP_YEAR + "-02-29)";
    private static final String TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?"
            + "([Zz]|[+-](0[0-9]|1[0-7]):[0-5][0-9])";
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String IPV4 = OCTET + "(\\." + OCTET + "){3}";
    private static final String LABEL = "[a-zA-Z0-9]([a-zA-Z0-9]|-[a-zA-Z0-9]){0,30}";
    private static final String HOST = LABEL + "(\\." + LABEL + "){0,3}";
    private static final String GROUP = "[0-9a-fA-F]{1,4}";
    private static final String ATOM = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+";
    private static final String UNRESERVED = "[a-zA-Z0-9._~-]";
    private static final String PATH = "([a-zA-Z0-9._~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2})";
    private static final String TAIL = "(/" + PATH + "*)*(\\?(" + PATH + "|[/?])*)?(#(" + PATH + "|[/?])*)?";
    private static final String URI = "[a-zA-Z][a-zA-Z0-9+.-]*:(//((" + UNRESERVED
            + "|[!$&'()*+,;=:]|%[0-9a-fA-F]{2})*@)?"
            + "(" + UNRESERVED + "|[!$&'()*+,;=]|%[0-9a-fA-F]{2})+(:[0-9]{1,5})?" + TAIL + "|///" + PATH + "+" + TAIL
            + "|/?" + PATH + "+" + TAIL + ")";
    private static final String BASE64 = "[A-Za-z0-9+/]";
    private static final String VARIABLE = "([A-Za-z0-9_]|%[0-9a-fA-F]{2})(\\.?([A-Za-z0-9_]|%[0-9a-fA-F]{2})){0,60}"
            + "(:[1-9][0-9]{0,3}|\\*)?";
    private static final String URI_TEMPLATE = "([!#$&()*+,./0-9:;=?@A-Z\\[\\]_a-z~-]|%[0-9a-fA-F]{2}|\\{[+#./;?&]?"
            + VARIABLE
            + "(," + VARIABLE + "){0,20}\\})*";

    /** Formats of strings. */
    static final Map<String, String> STRINGS = Map.ofEntries(
            Map.entry("date", whole(DATE)),
            Map.entry("time", whole(TIME)),
            Map.entry("date-time", whole(DATE + "[Tt]" + TIME)),
            Map.entry("duration",
                    whole("P([0-9]{1,9}W|([0-9]{1,9}Y([0-9]{1,9}M([0-9]{1,9}D)?)?|[0-9]{1,9}M([0-9]{1,9}D)?"
                            + "|[0-9]{1,9}D)(T" + clock() + ")?|T" + clock() + ")")),
            Map.entry("ipv4", whole(IPV4)),
            Map.entry("ipv6", whole(ipv6())),
            Map.entry("uuid", whole("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")),
            Map.entry("hostname", whole(HOST)),
            Map.entry("email", whole(ATOM + "(\\." + ATOM + "){0,5}@" + HOST)),
            Map.entry("uri", whole(URI)),
            Map.entry("uri-template", whole(URI_TEMPLATE)),
            Map.entry("byte", whole("(" + BASE64 + "{4})*(" + BASE64 + "{2}==|" + BASE64 + "{3}=)?")),
            Map.entry("json-pointer", whole("(/([^~/]|~[01])*)*")),
            Map.entry("relative-json-pointer", whole("(0|[1-9][0-9]{0,8})(#|(/([^~/]|~[01])*)*)")));

    /** The largest numbers of OpenAPI's formats of integers. */
    static final Map<String, BigDecimal> INTEGERS = Map.of("int8", largest(7), "uint8", largest(8), "int16",
            largest(15),
            "uint16", largest(16), "int32", largest(31), "uint32", largest(32), "int64", largest(63), "uint64",
            largest(64), "uint", largest(64));

    /** Formats of OpenAPI, and of OpenAI's interface, that allow every value of the type. */
    static final Set<String> NOTES = Set.of("float", "double", "password", "decimal", "binary", "unixtime");

    private Formats() {
    }

    /** How far below 0 the numbers of a format reach. */
    static BigDecimal below(String name) {
        BigDecimal largest = INTEGERS.getOrDefault(name, BigDecimal.ZERO);
        return name.startsWith("u") ? BigDecimal.ZERO : largest.add(BigDecimal.ONE);
    }

    private static BigDecimal largest(int bits) {
        return BigDecimal.valueOf(2).pow(bits).subtract(BigDecimal.ONE);
    }

    private static String whole(String regex) {
        return "^(" + regex + ")$";
    }

    private static String clock() {
        return "([0-9]{1,9}H([0-9]{1,9}M([0-9]{1,9}S)?)?|[0-9]{1,9}M([0-9]{1,9}S)?|[0-9]{1,9}S)";
    }

    private static String ipv6() {
        StringBuilder all = new StringBuilder("(" + GROUP + ":){7}" + GROUP);
        all.append("|(").append(GROUP).append(":){6}").append(IPV4);
        for (int left = 0; left <= 7; left++) {
            int right = 7 - left;
            all.append('|').append(left == 0 ? "" : GROUP + "(:" + GROUP + "){" + (left - 1) + "}").append("::");
            if (right > 0) {
                all.append('(').append(GROUP).append("(:").append(GROUP).append("){0,").append(right - 1).append("})?");
            }
        }
        return all.toString();
    }
}
