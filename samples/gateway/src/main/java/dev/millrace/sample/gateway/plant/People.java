/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway.plant;

import dev.millrace.api.Param;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolSpec;
import java.util.Map;

/** Who is told what. */
final class People {

    private final Journal<Map<String, Object>> sent = new Journal<>();

    @ToolSpec(name = "send_mail", value = "Send an e-mail to a person. For machines that listen to topics use publish.", hints = {
            ToolHint.DESTRUCTIVE, ToolHint.OPEN_WORLD})
    Map<String, Object> sendMail(@Param("address") String to, @Param("subject line") String subject,
            @Param("text") String body) {
        return send(Map.of("to", Things.text("to", to), "subject", subject, "characters", body.length()));
    }

    @ToolSpec(name = "send_text_message", value = "Send a short text message (SMS) to a phone number. For long texts use send_mail.", hints = {
            ToolHint.DESTRUCTIVE, ToolHint.OPEN_WORLD})
    Map<String, Object> sendTextMessage(@Param("phone number") String number, @Param("text") String text) {
        return send(Map.of("number", Things.text("number", number), "characters", text.length()));
    }

    @ToolSpec(name = "who_is_on_duty", value = "Tell who works now: the person on duty, on call or on shift. To call one use page_technician.", hints = ToolHint.READ_ONLY)
    Map<String, Object> whoIsOnDuty() {
        return Map.of("technician", "Grace", "until", "18:00");
    }

    @ToolSpec(name = "page_technician", value = "Call a technician to come at once, by pager, in an emergency. For repairs that can wait use create_work_order.", hints = {
            ToolHint.DESTRUCTIVE, ToolHint.OPEN_WORLD})
    Map<String, Object> pageTechnician(@Param("where to come to") String place, @Param("why") String reason) {
        return send(Map.of("technician", "Grace", "place", Things.text("place", place), "reason", reason));
    }

    private Map<String, Object> send(Map<String, Object> message) {
        sent.add(message);
        return message;
    }
}
