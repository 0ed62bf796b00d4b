/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.marked;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.text.template.ChatTemplate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What comes from data stays inert, whatever a template does with it. */
class MarkedTextTest {

    /** Shows inert parts in brackets. */
    private static String shown(MarkedText text) {
        StringBuilder out = new StringBuilder(text.text());
        int[] ranges = text.inertRanges();
        for (int i = ranges.length - 2; i >= 0; i -= 2) {
            out.insert(ranges[i + 1], "]").insert(ranges[i], "[");
        }
        return out.toString();
    }

    private static String marked(String source) {
        return shown(ChatTemplate.compile(source)
                .renderMarked(Map.of("x", "da ta", "l", List.of("p", "q"), "d", Map.of("k", "v"), "t",
                        MarkedText.trusted("T"),
                        "m", MarkedText.trusted("a").plus(MarkedText.inert("b")))));
    }

    @Test
    void templatesAndDataAreKeptApart() {
        assertEquals("a[da ta]b", marked("a{{ x }}b"));
        assertEquals("<[da ta]>", marked("{{ '<' + x + '>' }}"));
        assertEquals("<[da ta]>T", marked("{{ '<' ~ x ~ '>' ~ t }}"));
        assertEquals("a[b]", marked("{{ m }}"));
        assertEquals("[p], [q]", marked("{{ l | join(', ') }}"));
        assertEquals("[k]=[v]", marked("{% for k, v in d.items() %}{{ k }}={{ v }}{% endfor %}"));
        assertEquals("{[\"k\"]: [\"v\"]}", marked("{{ d | tojson }}"));
        assertEquals("[['p'], ['q']]", marked("{{ l }}"));
    }

    @Test
    void marksFollowThroughStringOperations() {
        assertEquals("<[da ta]>", marked("{{ (' <' + x + '> ') | trim }}"));
        assertEquals("[a t]", marked("{{ x[1:4] }}"));
        assertEquals("[at ad]<", marked("{{ ('<' + x)[::-1] }}"));
        assertEquals("[da]|[ta]", marked("{{ x.split(' ')[0] }}|{{ x.split()[1] }}"));
        assertEquals("[da]_[ta]", marked("{{ x.replace(' ', '_') }}"));
        assertEquals("<[DA TA]>", marked("{{ ('<' + x + '>') | upper }}"));
        assertEquals("  [da ta]  ", marked("{{ x | center(9) }}"));
        assertEquals("[da ta] is 5", marked("{{ '%s is %d' % (x, 5) }}"));
        assertEquals("<[da ta]>", marked("{{ '<{}>'.format(x) }}"));
        assertEquals("[d]-[a]-[ ]-[t]-[a]", marked("{% for c in x %}{{ c }}{{ '-' if not loop.last }}{% endfor %}"));
        assertEquals("([da ta])", marked("{% macro f(a) %}({{ a }}){% endmacro %}{{ f(x) }}"));
        assertEquals("([da ta])", marked("{% set s %}({{ x }}){% endset %}{{ s }}"));
        assertEquals("<[da ta]>\n", marked("{% filter replace('(', '<') %}({{ x }}>\n{% endfilter %}"));
    }

    @Test
    void htmlKeepsItsMarks() {
        assertEquals("<b>[da ta]", marked("{{ '<b>' | safe + x }}"));
        assertEquals("<b>[da ta]</b>", marked("{{ '<b>%s</b>' | safe | format(x) }}"));
        assertEquals("<b>[da ta]</b>", marked("{{ ('<b>{}</b>' | safe).format(x) }}"));
        assertEquals("[p]<br>[q]", marked("{{ ('<br>' | safe).join(l) }}"));
        assertEquals("[da ta]&lt;", marked("{{ x | safe + '<' }}"));
        assertEquals(" [k]=\"[v]\"", marked("{{ d | xmlattr }}"));
        assertEquals("[[Markup('da ta')]]", marked("{{ [x | safe] }}"));
    }

    @Test
    void whatIsRewrittenFromBothIsInertAsAWhole() {
        assertEquals("[&lt;da ta&gt;]".length(), marked("{{ ('<' + x + '>') | e }}").length());
        assertEquals("[STRASSE da]", shown(ChatTemplate.compile("{{ ('stra\\u00dfe ' | upper) + x }}")
                .renderMarked(Map.of("x", "da"))).replace("STRASSE [", "[STRASSE "));
        assertEquals("[SSX]",
                shown(ChatTemplate.compile("{{ ('\\u00df' + x) | upper }}").renderMarked(Map.of("x", "x"))));
    }

    @Test
    void rangesAnswerForParts() {
        MarkedText text = MarkedText.trusted("ab").plus(MarkedText.inert("cd")).plus(MarkedText.inert("e"))
                .plus(MarkedText.trusted("f"));
        assertArrayEquals(new int[]{2, 5}, text.inertRanges());
        assertFalse(text.inert(0, 2));
        assertTrue(text.inert(0, 3));
        assertTrue(text.inert(2, 3));
        assertTrue(text.inert(4, 6));
        assertFalse(text.inert(5, 6));
        assertFalse(text.inert(3, 3));
        assertEquals(MarkedText.trusted("abcdef"), text);
    }
}
