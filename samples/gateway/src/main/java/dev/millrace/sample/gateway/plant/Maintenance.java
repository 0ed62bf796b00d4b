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
import java.util.concurrent.atomic.AtomicInteger;

/** Work orders and inspections. */
final class Maintenance {

    /** Work to be done. */
    record Order(int number, String asset, String work) {
    }

    private final AtomicInteger numbers;
    private final Journal<Order> orders = new Journal<>();
    private final int days;

    Maintenance(SplittableRandom random) {
        numbers = new AtomicInteger(random.nextInt(500, 600));
        days = random.nextInt(3, 60);
        orders.add(new Order(500, "lathe", "replace the belt"));
    }

    @ToolSpec(name = "create_work_order", value = "Open a work order (ticket) so that something broken is repaired or serviced. If it cannot wait use page_technician.", hints = ToolHint.ACTING)
    Order createWorkOrder(@Param("what is broken, e.g. pump 3") String asset,
            @Param("what has to be done") String work) {
        Order order = new Order(numbers.incrementAndGet(), Things.text("asset", asset), Things.text("work", work));
        orders.add(order);
        return order;
    }

    @ToolSpec(name = "list_work_orders", value = "List the open work orders: repairs and tasks that are still to be done. For past ones use service_history.", hints = ToolHint.READ_ONLY)
    List<Order> listWorkOrders() {
        return orders.all();
    }

    @ToolSpec(name = "close_work_order", value = "Close a work order (ticket) by its number because the repair is done and the thing works.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> closeWorkOrder(@Param("number of the order") int number) {
        for (Order order : orders.all()) {
            if (order.number() == number) {
                orders.remove(order);
                return Map.of("number", number, "closed", true);
            }
        }
        return Map.of("number", number, "closed", false, "why", "no open work order has this number");
    }

    @ToolSpec(name = "service_history", value = "Tell what was repaired or serviced on a machine or device in the past. For what is still to be done use list_work_orders.", hints = ToolHint.READ_ONLY)
    List<Map<String, Object>> serviceHistory(@Param("machine or device") String asset) {
        return List.of(Map.of("asset", Things.text("asset", asset), "days_ago", days, "work", "oil changed"));
    }

    @ToolSpec(name = "next_inspection", value = "Tell when a machine, boiler or lift has to be inspected next by law. For past services use service_history.", hints = ToolHint.READ_ONLY)
    Map<String, Object> nextInspection(@Param("machine or device") String asset) {
        return Map.of("asset", Things.text("asset", asset), "in_days", days);
    }
}
