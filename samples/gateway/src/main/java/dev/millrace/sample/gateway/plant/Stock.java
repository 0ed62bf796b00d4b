/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway.plant;

import dev.millrace.api.Param;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolSpec;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Spare parts and supplies. */
final class Stock {

    private static final List<String> PARTS = List.of("bearing", "belt", "filter", "fuse", "gasket", "lamp", "seal");

    private final Map<String, Integer> counts = new ConcurrentHashMap<>();
    private final Journal<Map<String, Object>> orders = new Journal<>();

    Stock(SplittableRandom random) {
        PARTS.forEach(part -> counts.put(part, random.nextInt(0, 40)));
    }

    @ToolSpec(name = "stock_level", value = "Tell how many spare parts of a kind are in the warehouse. For where they lie use find_part.", hints = ToolHint.READ_ONLY)
    Map<String, Object> stockLevel(@Param("part: bearing, belt, filter, fuse, gasket, lamp, seal") String part) {
        return Map.of("part", Things.known("part", part, PARTS), "count", counts.getOrDefault(part, 0));
    }

    @ToolSpec(name = "reorder_part", value = "Order (buy) more spare parts from the supplier. For what is missing use list_low_stock.", hints = {
            ToolHint.DESTRUCTIVE, ToolHint.OPEN_WORLD})
    Map<String, Object> reorderPart(@Param("part: bearing, belt, filter, fuse, gasket, lamp, seal") String part,
            @Param("how many") int count) {
        Map<String, Object> order = Map.of("part", Things.known("part", part, PARTS), "count",
                Things.within("count", count, 1, 1000));
        orders.add(order);
        return order;
    }

    @ToolSpec(name = "find_part", value = "Tell on which shelf of the warehouse a spare part lies. For how many there are use stock_level.", hints = ToolHint.READ_ONLY)
    Map<String, Object> findPart(@Param("part: bearing, belt, filter, fuse, gasket, lamp, seal") String part) {
        return Map.of("part", part, "shelf", 1 + PARTS.indexOf(Things.known("part", part, PARTS)));
    }

    @ToolSpec(name = "take_stock", value = "Book spare parts out of the warehouse because somebody took or used them.", hints = ToolHint.ACTING)
    Map<String, Object> takeStock(@Param("part: bearing, belt, filter, fuse, gasket, lamp, seal") String part,
            @Param("how many") int count) {
        int left = counts.merge(Things.known("part", part, PARTS), -Things.within("count", count, 1, 1000),
                (have, less) -> Math.max(0, have + less));
        return Map.of("part", part, "left", left);
    }

    @ToolSpec(name = "list_low_stock", value = "List spare parts and supplies that are running out and should be bought. For one part use stock_level.", hints = ToolHint.READ_ONLY)
    Map<String, Integer> listLowStock() {
        Map<String, Integer> low = new TreeMap<>(counts);
        low.values().removeIf(count -> count > 10);
        return low;
    }
}
