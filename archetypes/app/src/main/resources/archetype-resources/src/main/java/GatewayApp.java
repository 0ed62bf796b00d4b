package ${package};

import dev.millrace.api.Conversation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;

/** A gateway that answers one question with its own tools. */
public final class GatewayApp {

    private GatewayApp() {
    }

    /** Asks the model that MODEL names, or the small sample model. */
    public static void main(String[] arguments) {
        String question = arguments.length == 0 ? "Turn on the kitchen lamp." : String.join(" ", arguments);
        System.out.println(answer(System.getenv().getOrDefault("MODEL", "nano"), new Lamps(), question));
    }

    static String answer(String reference, Lamps lamps, String question) {
        try (Millrace millrace = Millrace.start();
                Model model = millrace.open(reference);
                Conversation conversation = model.conversation().tools(lamps).start()) {
            return conversation.send(question).answer().text();
        }
    }
}
