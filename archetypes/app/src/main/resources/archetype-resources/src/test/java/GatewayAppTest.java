package ${package};

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class GatewayAppTest {

    @Test
    void theModelSwitchesALamp() {
        Lamps lamps = new Lamps();
        String answer = GatewayApp.answer("nano", lamps, "Turn on the kitchen lamp.");
        assertEquals(Map.of("kitchen_lamp", "on"), lamps.states(), answer);
    }
}
